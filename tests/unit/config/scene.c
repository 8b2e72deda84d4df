/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include <fcntl.h>
#include <unistd.h>

#include "../../support/cunit_main.h"
#include "../../support/temporary_directory.h"

static size_t count(const char *const *texts)
{
    size_t n = 0;
    while (n < SCENE_MAX && texts[n] != NULL) {
        n++;
    }
    return n;
}

static int load_here(const struct scene *scene, struct config **ret_config, struct buffer *errors,
                     struct problem *problem)
{
    static const char *const names[SCENE_MAX] = { "a.yaml", "b.yaml", "c.yaml",
                                                  "d.yaml", "e.yaml", "f.yaml" };
    char *environment[SCENE_MAX + 1] = { NULL };
    for (size_t i = 0; i < count(scene->files); i++) {
        file_put(".", names[i], scene->files[i], strlen(scene->files[i]));
    }
    for (size_t i = 0; i < count(scene->environment); i++) {
        environment[i] = (char *)(uintptr_t)scene->environment[i];
    }
    struct config_load_options options = {
        .files = names,
        .n_files = count(scene->files),
        .sets = scene->sets,
        .n_sets = count(scene->sets),
        .environ = environment,
        .job_name = scene->job_name != NULL ? scene->job_name : "weir",
        .partition_by = scene->partition_by,
        .has_application_sections = scene->has_application_sections,
        .errors = errors,
    };
    if (scene->is_nameless) {
        options.job_name = NULL;
    }
    return config_load(&options, ret_config, problem);
}

int scene_load(const struct scene *scene, struct config **ret_config, struct buffer *errors,
               struct problem *problem)
{
    char directory[256];
    AUTO_CLOSE int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    temporary_directory_make(directory);
    require(before >= 0 && chdir(directory) == 0);
    int r = load_here(scene, ret_config, errors, problem);
    require(fchdir(before) == 0);
    temporary_directory_remove(directory);
    return r;
}

struct config *scene_config(const struct scene *scene)
{
    AUTO_BUFFER errors = { 0 };
    struct problem problem = { 0 };
    struct config *config = NULL;
    if (scene_load(scene, &config, &errors, &problem) < 0) {
        printf("%s\n", errors.len > 0 ? buffer_text(&errors) : problem.text);
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(config);
    return config;
}

char *scene_print(const struct scene *scene)
{
    AUTO(config) config = scene_config(scene);
    struct buffer text = { 0 };
    CU_ASSERT_EQUAL_FATAL(config_print(config, &text), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(buffer_text(&text));
    return text.data;
}
