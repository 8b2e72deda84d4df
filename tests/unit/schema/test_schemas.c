/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schemas of real life: all beside the source tree (WEIR_SHARED, if it is there) and all that are
 * delivered as examples (the first argument) compile, and accept the examples they carry.
 *
 * A current.yaml is what a schema is made from: its $refs lead to other schemas of its repository, and
 * its allOf of closed objects and its examples are not right before they are merged. It must compile.
 */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#include "../../support/compiled_schema.h"
#include "../../support/cunit_main.h"
#include "../../support/json_tree.h"
#include "../../support/schema_file.h"

/* Where schemas seem to come from. */
#define SITE "http://schemas.example"

enum { PATH_SIZE = 4096, FILES_MAX = 1024 };

static const char *config_root;
static char shared_root[PATH_SIZE];

/* The repository under test. */
static const char *repository;
static size_t n_files;
static size_t n_examples;

static int fetch(void *context, const char *uri, struct buffer *ret_json, struct problem *problem)
{
    (void)context;
    char path[2 * PATH_SIZE];
    if (strncmp(uri, SITE, strlen(SITE)) != 0) {
        return problem_set(problem, ENOENT, EXIT_CONFIG, "no %s", uri);
    }
    snprintf(path, sizeof(path), "%s%s", repository, uri + strlen(SITE));
    return schema_file_read(path, ret_json, problem);
}

static void check_examples(struct compiled *compiled, const struct buffer *json, const char *path)
{
    struct json_tree *tree = json_tree_parse(json->data, json->len);
    const struct json_tree *examples = json_tree_member(tree, "examples");
    for (size_t i = 0; examples != NULL && i < examples->n_members; i++) {
        const struct buffer *example = &examples->members[i].value->raw;
        bool is_accepted = compiled_accepts(compiled, example->data, example->len);
        CU_ASSERT(is_accepted);
        if (!is_accepted) {
            fprintf(stderr, "%s: example %zu: %s\n", path, i,
                    schema_checker_complaint(compiled->checker));
        }
        n_examples++;
    }
    json_tree_free(tree);
}

static void check_schema(const char *path)
{
    AUTO_BUFFER json = { 0 };
    struct problem problem = { .text = "" };
    int r = schema_file_read(path, &json, &problem);
    CU_ASSERT(r == 0);
    if (r != 0) {
        fprintf(stderr, "%s\n", problem.text);
        return;
    }
    char uri[2 * PATH_SIZE];
    snprintf(uri, sizeof(uri), SITE "%s", path + strlen(repository));
    AUTO_COMPILED compiled;
    r = compiled_init(&compiled, &(struct schema_options){
                                     .uri = uri,
                                     .json = json.data,
                                     .json_len = json.len,
                                     .asserts_format = true,
                                     .fetch = fetch,
                                 });
    CU_ASSERT(r == 0);
    if (r != 0) {
        fprintf(stderr, "%s: %s\n", path, compiled.problem.text);
        return;
    }
    n_files++;
    if (strstr(path, "/current.yaml") == NULL) {
        check_examples(&compiled, &json, path);
    }
}

static int visit(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status;
    const char *name = path + ftw->base;
    if (type == FTW_F && strstr(name, ".md") == NULL) {
        check_schema(path);
    }
    return 0;
}

static void check_repository(const char *root)
{
    repository = root;
    n_files = 0;
    n_examples = 0;
    CU_ASSERT(nftw(root, visit, 16, FTW_PHYS) == 0);
    printf("%zu schemas, %zu examples\n", n_files, n_examples);
}

static void test_delivered(void)
{
    check_repository(config_root);
    CU_ASSERT(n_files >= 3);
}

static void test_shared(void)
{
    if (access(shared_root, R_OK) != 0) {
        printf("skipped: no %s\n", shared_root);
        return;
    }
    check_repository(shared_root);
    CU_ASSERT(n_files > 150 && n_examples > 100);
}

static const struct test_case cases[] = {
    { "schemas that are delivered compile and accept their examples", test_delivered },
    { "schemas of the platform likewise", test_shared },
};

int main(int argc, char **argv)
{
    require(argc == 2);
    const char *shared = getenv("WEIR_SHARED");
    config_root = argv[1];
    snprintf(shared_root, sizeof(shared_root), "%s/schemas/jsonschema",
             shared != NULL ? shared : "../shared");
    return cunit_run("schema/schemas", cases, ARRAY_SIZE(cases));
}
