/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/regex_property.h"

#include <string.h>

#include "base/error.h"

/*
 * The names of one property in one text; the first is what PCRE2 gets. All of them are accepted as
 * they stand here.
 */

/* General categories, by short and long names. */
static const char *const categories[] = { "C Other",
                                          "Cc Control cntrl",
                                          "Cf Format",
                                          "Cn Unassigned",
                                          "Co Private_Use",
                                          "Cs Surrogate",
                                          "L Letter",
                                          "LC Cased_Letter",
                                          "Ll Lowercase_Letter",
                                          "Lm Modifier_Letter",
                                          "Lo Other_Letter",
                                          "Lt Titlecase_Letter",
                                          "Lu Uppercase_Letter",
                                          "M Mark Combining_Mark",
                                          "Mc Spacing_Mark",
                                          "Me Enclosing_Mark",
                                          "Mn Nonspacing_Mark",
                                          "N Number",
                                          "Nd Decimal_Number digit",
                                          "Nl Letter_Number",
                                          "No Other_Number",
                                          "P Punctuation punct",
                                          "Pc Connector_Punctuation",
                                          "Pd Dash_Punctuation",
                                          "Pe Close_Punctuation",
                                          "Pf Final_Punctuation",
                                          "Pi Initial_Punctuation",
                                          "Po Other_Punctuation",
                                          "Ps Open_Punctuation",
                                          "S Symbol",
                                          "Sc Currency_Symbol",
                                          "Sk Modifier_Symbol",
                                          "Sm Math_Symbol",
                                          "So Other_Symbol",
                                          "Z Separator",
                                          "Zl Line_Separator",
                                          "Zp Paragraph_Separator",
                                          "Zs Space_Separator" };

/* Scripts of Unicode 14, by long and short names. */
static const char *const scripts[] = { "Adlm Adlam",
                                       "Aghb Caucasian_Albanian",
                                       "Ahom",
                                       "Arab Arabic",
                                       "Armi Imperial_Aramaic",
                                       "Armn Armenian",
                                       "Avst Avestan",
                                       "Bali Balinese",
                                       "Bamu Bamum",
                                       "Bass Bassa_Vah",
                                       "Batk Batak",
                                       "Beng Bengali",
                                       "Bhks Bhaiksuki",
                                       "Bopo Bopomofo",
                                       "Brah Brahmi",
                                       "Brai Braille",
                                       "Bugi Buginese",
                                       "Buhd Buhid",
                                       "Cakm Chakma",
                                       "Cans Canadian_Aboriginal",
                                       "Cari Carian",
                                       "Cham",
                                       "Cher Cherokee",
                                       "Chrs Chorasmian",
                                       "Copt Qaac Coptic",
                                       "Cpmn Cypro_Minoan",
                                       "Cprt Cypriot",
                                       "Cyrl Cyrillic",
                                       "Deva Devanagari",
                                       "Diak Dives_Akuru",
                                       "Dogr Dogra",
                                       "Dsrt Deseret",
                                       "Dupl Duployan",
                                       "Egyp Egyptian_Hieroglyphs",
                                       "Elba Elbasan",
                                       "Elym Elymaic",
                                       "Ethi Ethiopic",
                                       "Geor Georgian",
                                       "Glag Glagolitic",
                                       "Gong Gunjala_Gondi",
                                       "Gonm Masaram_Gondi",
                                       "Goth Gothic",
                                       "Gran Grantha",
                                       "Grek Greek",
                                       "Gujr Gujarati",
                                       "Guru Gurmukhi",
                                       "Hang Hangul",
                                       "Hani Han",
                                       "Hano Hanunoo",
                                       "Hatr Hatran",
                                       "Hebr Hebrew",
                                       "Hira Hiragana",
                                       "Hluw Anatolian_Hieroglyphs",
                                       "Hmng Pahawh_Hmong",
                                       "Hmnp Nyiakeng_Puachue_Hmong",
                                       "Hung Old_Hungarian",
                                       "Ital Old_Italic",
                                       "Java Javanese",
                                       "Kali Kayah_Li",
                                       "Kana Katakana",
                                       "Khar Kharoshthi",
                                       "Khmr Khmer",
                                       "Khoj Khojki",
                                       "Kits Khitan_Small_Script",
                                       "Knda Kannada",
                                       "Kthi Kaithi",
                                       "Lana Tai_Tham",
                                       "Laoo Lao",
                                       "Latn Latin",
                                       "Lepc Lepcha",
                                       "Limb Limbu",
                                       "Lina Linear_A",
                                       "Linb Linear_B",
                                       "Lisu",
                                       "Lyci Lycian",
                                       "Lydi Lydian",
                                       "Mahj Mahajani",
                                       "Maka Makasar",
                                       "Mand Mandaic",
                                       "Mani Manichaean",
                                       "Marc Marchen",
                                       "Medf Medefaidrin",
                                       "Mend Mende_Kikakui",
                                       "Merc Meroitic_Cursive",
                                       "Mero Meroitic_Hieroglyphs",
                                       "Mlym Malayalam",
                                       "Modi",
                                       "Mong Mongolian",
                                       "Mroo Mro",
                                       "Mtei Meetei_Mayek",
                                       "Mult Multani",
                                       "Mymr Myanmar",
                                       "Nand Nandinagari",
                                       "Narb Old_North_Arabian",
                                       "Nbat Nabataean",
                                       "Newa",
                                       "Nkoo Nko",
                                       "Nshu Nushu",
                                       "Ogam Ogham",
                                       "Olck Ol_Chiki",
                                       "Orkh Old_Turkic",
                                       "Orya Oriya",
                                       "Osge Osage",
                                       "Osma Osmanya",
                                       "Ougr Old_Uyghur",
                                       "Palm Palmyrene",
                                       "Pauc Pau_Cin_Hau",
                                       "Perm Old_Permic",
                                       "Phag Phags_Pa",
                                       "Phli Inscriptional_Pahlavi",
                                       "Phlp Psalter_Pahlavi",
                                       "Phnx Phoenician",
                                       "Plrd Miao",
                                       "Prti Inscriptional_Parthian",
                                       "Rjng Rejang",
                                       "Rohg Hanifi_Rohingya",
                                       "Runr Runic",
                                       "Samr Samaritan",
                                       "Sarb Old_South_Arabian",
                                       "Saur Saurashtra",
                                       "Sgnw SignWriting",
                                       "Shaw Shavian",
                                       "Shrd Sharada",
                                       "Sidd Siddham",
                                       "Sind Khudawadi",
                                       "Sinh Sinhala",
                                       "Sogd Sogdian",
                                       "Sogo Old_Sogdian",
                                       "Sora Sora_Sompeng",
                                       "Soyo Soyombo",
                                       "Sund Sundanese",
                                       "Sylo Syloti_Nagri",
                                       "Syrc Syriac",
                                       "Tagb Tagbanwa",
                                       "Takr Takri",
                                       "Tale Tai_Le",
                                       "Talu New_Tai_Lue",
                                       "Taml Tamil",
                                       "Tang Tangut",
                                       "Tavt Tai_Viet",
                                       "Telu Telugu",
                                       "Tfng Tifinagh",
                                       "Tglg Tagalog",
                                       "Thaa Thaana",
                                       "Thai",
                                       "Tibt Tibetan",
                                       "Tirh Tirhuta",
                                       "Tnsa Tangsa",
                                       "Toto",
                                       "Ugar Ugaritic",
                                       "Vaii Vai",
                                       "Vith Vithkuqi",
                                       "Wara Warang_Citi",
                                       "Wcho Wancho",
                                       "Xpeo Old_Persian",
                                       "Xsux Cuneiform",
                                       "Yezi Yezidi",
                                       "Yiii Yi",
                                       "Zanb Zanabazar_Square",
                                       "Zinh Qaai Inherited",
                                       "Zyyy Common",
                                       "Zzzz Unknown" };

/* Binary properties. */
static const char *const binaries[] = { "ASCII",
                                        "ASCII_Hex_Digit AHex",
                                        "Alphabetic Alpha",
                                        "Any",
                                        "Bidi_Control Bidi_C",
                                        "Bidi_Mirrored Bidi_M",
                                        "Case_Ignorable CI",
                                        "Cased",
                                        "Changes_When_Casefolded CWCF",
                                        "Changes_When_Casemapped CWCM",
                                        "Changes_When_Lowercased CWL",
                                        "Changes_When_NFKC_Casefolded CWKCF",
                                        "Changes_When_Titlecased CWT",
                                        "Changes_When_Uppercased CWU",
                                        "Dash",
                                        "Default_Ignorable_Code_Point DI",
                                        "Deprecated Dep",
                                        "Diacritic Dia",
                                        "Emoji",
                                        "Emoji_Component EComp",
                                        "Emoji_Modifier EMod",
                                        "Emoji_Modifier_Base EBase",
                                        "Emoji_Presentation EPres",
                                        "Extended_Pictographic ExtPict",
                                        "Extender Ext",
                                        "Grapheme_Base Gr_Base",
                                        "Grapheme_Extend Gr_Ext",
                                        "Hex_Digit Hex",
                                        "IDS_Binary_Operator IDSB",
                                        "IDS_Trinary_Operator IDST",
                                        "ID_Continue IDC",
                                        "ID_Start IDS",
                                        "Ideographic Ideo",
                                        "Join_Control Join_C",
                                        "Logical_Order_Exception LOE",
                                        "Lowercase Lower",
                                        "Math",
                                        "Noncharacter_Code_Point NChar",
                                        "Pattern_Syntax Pat_Syn",
                                        "Pattern_White_Space Pat_WS",
                                        "Quotation_Mark QMark",
                                        "Radical",
                                        "Regional_Indicator RI",
                                        "Sentence_Terminal STerm",
                                        "Soft_Dotted SD",
                                        "Terminal_Punctuation Term",
                                        "Unified_Ideograph UIdeo",
                                        "Uppercase Upper",
                                        "Variation_Selector VS",
                                        "White_Space space",
                                        "XID_Continue XIDC",
                                        "XID_Start XIDS" };

static bool find(const char *const *entries, size_t n_entries, const char *text, size_t len,
                 struct regex_property *ret_property)
{
    for (size_t i = 0; i < n_entries; i++) {
        size_t name_len = strcspn(entries[i], " ");
        const char *word = entries[i];
        while (*word != '\0') {
            size_t word_len = strcspn(word, " ");
            if (word_len == len && memcmp(word, text, len) == 0) {
                ret_property->name = entries[i];
                ret_property->name_len = name_len;
                return true;
            }
            word += word_len + (word[word_len] == ' ');
        }
    }
    return false;
}

static bool is_text(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

static bool find_with_name(const char *text, size_t name_len, size_t len,
                           struct regex_property *property)
{
    const char *value = text + name_len + 1;
    size_t value_len = len - name_len - 1;
    if (is_text(text, name_len, "General_Category") || is_text(text, name_len, "gc")) {
        return find(categories, ARRAY_SIZE(categories), value, value_len, property);
    }
    if (is_text(text, name_len, "Script") || is_text(text, name_len, "sc")) {
        property->prefix = "sc:";
    } else if (is_text(text, name_len, "Script_Extensions") || is_text(text, name_len, "scx")) {
        property->prefix = "scx:";
    } else {
        return false;
    }
    return find(scripts, ARRAY_SIZE(scripts), value, value_len, property);
}

bool regex_property_find(const char *text, size_t len, struct regex_property *ret_property)
{
    struct regex_property property = { .prefix = "" };
    const char *equals = memchr(text, '=', len);
    bool is_found;
    if (equals != NULL) {
        is_found = find_with_name(text, (size_t)(equals - text), len, &property);
    } else if (is_text(text, len, "Assigned")) {
        property = (struct regex_property){ "", "Cn", 2, true };
        is_found = true;
    } else {
        is_found = find(categories, ARRAY_SIZE(categories), text, len, &property) ||
                   find(binaries, ARRAY_SIZE(binaries), text, len, &property);
    }
    if (is_found) {
        *ret_property = property;
    }
    return is_found;
}
