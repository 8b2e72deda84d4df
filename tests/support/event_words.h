/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The invented wikis, pages, users and comments of generated events. Texts are JSON string content:
 * escaped already, in several scripts, with every kind of escape.
 */
#ifndef WEIR_TESTS_EVENT_WORDS_H
#define WEIR_TESTS_EVENT_WORDS_H

static const struct wiki {
    const char *id;
    const char *domain;
} wikis[] = {
    { "enwiki", "en.wikipedia.org" },        { "dewiki", "de.wikipedia.org" },
    { "jawiki", "ja.wikipedia.org" },        { "commonswiki", "commons.wikimedia.org" },
    { "arwiki", "ar.wikipedia.org" },        { "hiwiki", "hi.wikipedia.org" },
    { "elwiktionary", "el.wiktionary.org" }, { "wikidatawiki", "www.wikidata.org" },
};

static const char *const title_words[] = {
    "Lantern", "Quarry",  "Saltmarsh", "Weir",      "Tin_mine",  "Brücke",  "Mühlgraben",
    "堰",      "水門",    "Κήπος",     "Водослив",  "نهر",       "पुल",      "Ferry",
    "Kiln",    "Orchard", "Åsen",      "Café_Noir", "🚂_Railway", "Viaduct", "List_of_locks",
};

static const char *const user_names[] = {
    "Millrace",     "Otterbank", "TinkerBot", "Frau Holunder",  "水車小屋",   "Αμάραντος",
    "Ribbon Sedge", "Plumbline", "Śluza",     "OldSluice~wiki", "Tide Table", "Kingfisher 12",
};

static const char *const comment_words[] = {
    "fix",
    "typo",
    "in",
    "the",
    "lead",
    "→",
    "/* History */",
    "add",
    "source",
    "[[Weir]]",
    "{{cite}}",
    "rv",
    "\\\"quoted\\\"",
    "tab\\there",
    "per",
    "talk",
    "page",
    "Übersetzung",
    "корректура",
    "校正",
    "διόρθωση",
    "صورة",
    "सुधार",
    "🙂",
    "\\ud83d\\ude80",
    "\\u00e9t\\u00e9",
    "a\\/b",
    "back\\\\slash",
    "new",
    "category",
    "[[File:Sluice gate at dusk.jpg|thumb]]",
    "\\u2014",
    "100%",
    "(+1,024)",
};

#endif
