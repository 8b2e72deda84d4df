/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main function of a CUnit program:
 *
 *     static const struct test_case cases[] = { { "what holds", test_function }, ... };
 *     CUNIT_MAIN("room/file", cases)
 *
 * Exits 0 only when every case ran and passed, and at least one assertion was made.
 */
#ifndef WEIR_TESTS_CUNIT_MAIN_H
#define WEIR_TESTS_CUNIT_MAIN_H

#include <CUnit/Basic.h>
#include <stdio.h>

struct test_case {
    const char *name;
    void (*run)(void);
};

static inline int cunit_run(const char *suite_name, const struct test_case *cases, size_t n_cases)
{
    if (CU_initialize_registry() != CUE_SUCCESS) {
        return 1;
    }
    CU_pSuite suite = CU_add_suite(suite_name, NULL, NULL);
    for (size_t i = 0; suite != NULL && i < n_cases; i++) {
        if (CU_add_test(suite, cases[i].name, cases[i].run) == NULL) {
            suite = NULL;
        }
    }
    if (suite == NULL) {
        fprintf(stderr, "cannot register tests: %s\n", CU_get_error_msg());
        return 1;
    }
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures();
    unsigned asserted = CU_get_number_of_asserts();
    CU_cleanup_registry();
    return failed == 0 && asserted > 0 ? 0 : 1;
}

#define CUNIT_MAIN(suite_name, cases)                                                \
    int main(void)                                                                   \
    {                                                                                \
        return cunit_run((suite_name), (cases), sizeof(cases) / sizeof((cases)[0])); \
    }

#endif
