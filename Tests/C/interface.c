/* The C interface, called from C: Scripts/c-tests.sh builds and runs it under the address and the thread sanitizer. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sparsestore.h"

static int failures, checks;

#define CHECK(condition)                                                                 \
    do {                                                                                 \
        checks++;                                                                        \
        if (!(condition)) {                                                              \
            failures++;                                                                  \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);      \
        }                                                                                \
    } while (0)

static void succeed(sparsestore_status status, sparsestore_error *error, int line) {
    checks++;
    if (status != SPARSESTORE_OK) {
        failures++;
        fprintf(stderr, "line %d: %s: %s; %s\n", line, sparsestore_error_name(error), sparsestore_error_problem(error),
            sparsestore_error_remedy(error));
    }
    sparsestore_error_free(error);
}
#define SUCCEED(call)                                  \
    do {                                               \
        sparsestore_error *error = NULL;               \
        sparsestore_status status = (call);            \
        succeed(status, error, __LINE__);              \
    } while (0)

/* Three documents: x 1; x 2 and y 1; y 3. */
static const uint8_t id_bytes[] = "abc", name_bytes[] = "xy", payload_bytes[] = "first\xff";
static const int64_t three[] = {0, 1, 2, 3}, two[] = {0, 1, 2}, payload_offsets[] = {0, 5, 5, 6};
static const uint8_t payload_present[] = {1, 0, 1};
static const int64_t pointers[] = {0, 1, 3, 4};
static const int32_t columns[] = {0, 0, 1, 1};
static const int32_t columns_of_y[] = {1};
static const float weights[] = {1, 2, 1, 3};
static const sparsestore_strings ids = {id_bytes, three, 3, NULL}, names = {name_bytes, two, 2, NULL};
static const sparsestore_strings payloads = {payload_bytes, payload_offsets, 3, payload_present};
static const sparsestore_rows rows = {3, pointers, columns, weights, &names};

/* Mended, both paths would be one. */
static void refuse_paths_that_are_no_text(void) {
    static const char *paths[] = {"/tmp/caf\xe9.sparse", "/tmp/caf\xf3.sparse"};
    for (int i = 0; i < 2; i++) {
        sparsestore *store = NULL;
        sparsestore_error *error = NULL;
        CHECK(sparsestore_open(paths[i], NULL, &store, &error) != SPARSESTORE_OK && store == NULL);
        CHECK(strstr(sparsestore_error_problem(error), "UTF-8") != NULL);
        sparsestore_error_free(error);
    }
}

static void write_and_search(sparsestore *store) {
    sparsestore_batch batch = {.size = sizeof batch, .ids = &ids, .vectors = &rows, .payloads = &payloads};
    int64_t generation = 0;
    SUCCEED(sparsestore_upsert(store, &batch, &generation, &error));
    CHECK(generation == 1);

    static const int64_t query_pointers[] = {0, 1, 1};
    sparsestore_rows queries = {2, query_pointers, columns, weights, &names};
    sparsestore_search_options options = {
        .size = sizeof options, .limit = 5, .recall_kind = SPARSESTORE_RECALL_EXACT, .fields = SPARSESTORE_FIELD_PAYLOAD};
    sparsestore_result *result = NULL;
    SUCCEED(sparsestore_search(store, &queries, &options, &result, &error));
    CHECK(sparsestore_result_queries(result) == 2);
    const int64_t *offsets = sparsestore_result_offsets(result);
    CHECK(offsets[0] == 0 && offsets[1] == 2 && offsets[2] == 2);
    CHECK(sparsestore_result_scores(result)[0] == 2);
    sparsestore_strings found = sparsestore_result_ids(result), texts = sparsestore_result_payloads(result);
    CHECK(found.count == 2 && memcmp(found.bytes, "ba", 2) == 0);
    CHECK(texts.count == 2 && texts.present[0] == 0 && texts.present[1] == 1);
    CHECK(memcmp(texts.bytes + texts.offsets[1], "first", 5) == 0);
    CHECK(sparsestore_result_tag_offsets(result) != NULL && sparsestore_result_tags(result).count == 0);
    CHECK(sparsestore_result_generation(result) == 1);
    sparsestore_result_free(result);
}

static void refuse(sparsestore *store) {
    sparsestore_error *error = NULL;
    sparsestore_batch batch = {.size = sizeof batch, .ids = &ids, .vectors = &rows};
    static const float bad_weights[] = {1, 2, -1, 3};
    sparsestore_rows bad = {3, pointers, columns, bad_weights, &names};
    batch.vectors = &bad;
    CHECK(sparsestore_upsert(store, &batch, NULL, &error) == SPARSESTORE_INVALID);
    CHECK(strcmp(sparsestore_error_name(error), "invalidVector") == 0);
    CHECK(strlen(sparsestore_error_problem(error)) > 0);
    sparsestore_error_free(error);

    static const int64_t falling[] = {0, 2, 1, 4};
    sparsestore_rows torn = {3, falling, columns, weights, &names};
    batch.vectors = &torn;
    CHECK(sparsestore_upsert(store, &batch, NULL, &error) == SPARSESTORE_INVALID);
    sparsestore_error_free(error);

    batch.size = 3;
    CHECK(sparsestore_upsert(store, &batch, NULL, NULL) == SPARSESTORE_INVALID);
    CHECK(sparsestore_upsert(NULL, &batch, NULL, NULL) == SPARSESTORE_INVALID);
    CHECK(sparsestore_upsert(store, NULL, NULL, NULL) == SPARSESTORE_INVALID);
    sparsestore *none = (sparsestore *)1;
    CHECK(sparsestore_open("/does/not/exist/a.sparse", NULL, &none, NULL) != SPARSESTORE_OK);
    CHECK(none == NULL);
    sparsestore_result *result = (sparsestore_result *)1;
    sparsestore_search_options options = {.size = sizeof options, .filter = "tag:"};
    CHECK(sparsestore_search(store, &rows, &options, &result, &error) == SPARSESTORE_INVALID);
    CHECK(result == NULL);
    sparsestore_error_free(error);
    sparsestore_error_free(NULL);
    sparsestore_result_free(NULL);
    sparsestore_close(NULL);
}

/* The years 2019, 2020 and none; the languages de, none and de; the sizes 1 and 2, none, and 3. */
static void attributes(sparsestore *store) {
    static const int64_t years[] = {2019, 2020, 0}, sizes[] = {1, 2, 3}, size_offsets[] = {0, 2, 2, 3};
    static const uint8_t has_year[] = {1, 1, 0}, has_language[] = {1, 0, 1}, language_bytes[] = "dede";
    static const int64_t language_offsets[] = {0, 2, 2, 4};
    static const sparsestore_strings languages = {language_bytes, language_offsets, 3, NULL};
    sparsestore_column columns[] = {
        {.name = "year", .type = SPARSESTORE_INTEGER, .present = has_year, .integers = years},
        {.name = "lang", .type = SPARSESTORE_STRING, .present = has_language, .strings = &languages},
        {.name = "sizes", .type = SPARSESTORE_INTEGERS, .integers = sizes, .offsets = size_offsets},
    };
    sparsestore_batch batch = {
        .size = sizeof batch, .ids = &ids, .vectors = &rows, .columns = columns, .column_count = 3};
    SUCCEED(sparsestore_upsert(store, &batch, NULL, &error));

    int64_t count = 0;
    SUCCEED(sparsestore_count(store, "year >= 2020", &count, &error));
    CHECK(count == 1);
    SUCCEED(sparsestore_count(store, NULL, &count, &error));
    CHECK(count == 3);
    sparsestore_error *refusal = NULL;
    CHECK(sparsestore_count(store, "nothing = 1", &count, &refusal) == SPARSESTORE_INVALID);
    sparsestore_error_free(refusal);

    sparsestore_search_options options = {
        .size = sizeof options, .recall_kind = SPARSESTORE_RECALL_EXACT, .filter = "lang = de",
        .fields = SPARSESTORE_FIELD_ATTRIBUTES};
    static const int64_t one[] = {0, 1};
    sparsestore_rows query = {1, one, columns_of_y, weights, &names};
    sparsestore_result *result = NULL;
    SUCCEED(sparsestore_search(store, &query, &options, &result, &error));
    sparsestore_strings found = sparsestore_result_ids(result);
    CHECK(found.count == 1 && found.bytes[0] == 'c');
    CHECK(sparsestore_result_columns(result) == 2);
    sparsestore_column language = sparsestore_result_column(result, 0), lengths = sparsestore_result_column(result, 1);
    CHECK(strcmp(language.name, "lang") == 0 && language.type == SPARSESTORE_STRING && language.present[0] == 1);
    CHECK(memcmp(language.strings->bytes, "de", 2) == 0 && language.strings->count == 1);
    CHECK(lengths.type == SPARSESTORE_INTEGERS && lengths.offsets[1] == 1 && lengths.integers[0] == 3);
    CHECK(sparsestore_result_column(result, 2).name == NULL);
    sparsestore_result_free(result);

    SUCCEED(sparsestore_facets(store, "lang", NULL, 0, &result, &error));
    CHECK(sparsestore_result_offsets(result)[1] == 1);
    CHECK(sparsestore_result_column(result, 1).integers[0] == 2);
    sparsestore_result_free(result);

    sparsestore_list_options page = {.size = sizeof page, .order = "year", .is_descending = 1, .limit = 2};
    SUCCEED(sparsestore_list(store, &page, &result, &error));
    found = sparsestore_result_ids(result);
    CHECK(found.count == 2 && memcmp(found.bytes, "ba", 2) == 0);
    CHECK(sparsestore_result_cursor(result) != NULL);
    page.after = sparsestore_result_cursor(result);
    sparsestore_result *rest = NULL;
    SUCCEED(sparsestore_list(store, &page, &rest, &error));
    CHECK(sparsestore_result_ids(rest).count == 1 && sparsestore_result_cursor(rest) == NULL);
    sparsestore_result_free(rest);
    sparsestore_result_free(result);

    static const uint8_t none[] = {0, 1, 1};
    sparsestore_column newer = {.name = "year", .type = SPARSESTORE_INTEGER, .present = none, .integers = years};
    sparsestore_changes changes = {.size = sizeof changes, .ids = &ids, .columns = &newer, .column_count = 1};
    SUCCEED(sparsestore_update(store, &changes, &count, &error));
    CHECK(count == 3);
    SUCCEED(sparsestore_remove_where(store, "NOT EXISTS year", &count, &error));
    CHECK(count == 1);

    columns[2].offsets = NULL;
    CHECK(sparsestore_upsert(store, &batch, NULL, NULL) == SPARSESTORE_INVALID);
    columns[0].type = 9;
    CHECK(sparsestore_upsert(store, &batch, NULL, NULL) == SPARSESTORE_INVALID);
    batch.column_count = -1;
    CHECK(sparsestore_upsert(store, &batch, NULL, NULL) == SPARSESTORE_INVALID);
    CHECK(sparsestore_remove_where(store, NULL, NULL, NULL) == SPARSESTORE_INVALID);
}

static void *search_often(void *store) {
    for (int round = 0; round < 200; round++) {
        sparsestore_result *result = NULL;
        if (sparsestore_search(store, &rows, NULL, &result, NULL) != SPARSESTORE_OK) return (void *)1;
        if (sparsestore_result_queries(result) != 3) return (void *)1;
        sparsestore_result_free(result);
    }
    return NULL;
}

static void *write_often(void *store) {
    for (int round = 0; round < 50; round++) {
        sparsestore_batch batch = {.size = sizeof batch, .ids = &ids, .vectors = &rows};
        if (sparsestore_upsert(store, &batch, NULL, NULL) != SPARSESTORE_OK) return (void *)1;
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    CHECK(sparsestore_interface_version() == SPARSESTORE_INTERFACE_VERSION);
    sparsestore *store = NULL;
    SUCCEED(sparsestore_open(arguments[1], NULL, &store, &error));
    refuse_paths_that_are_no_text();
    write_and_search(store);
    refuse(store);
    attributes(store);

    pthread_t threads[4];
    for (int index = 0; index < 4; index++)
        pthread_create(&threads[index], NULL, index == 0 ? write_often : search_often, store);
    for (int index = 0; index < 4; index++) {
        void *outcome = NULL;
        pthread_join(threads[index], &outcome);
        CHECK(outcome == NULL);
    }

    int64_t removed = 0;
    SUCCEED(sparsestore_remove(store, &ids, &removed, &error));
    CHECK(removed == 3);
    sparsestore_statistics statistics = {.size = sizeof statistics};
    SUCCEED(sparsestore_stats(store, &statistics, &error));
    CHECK(statistics.documents == 0 && statistics.generation == 55);
    SUCCEED(sparsestore_optimize(store, &error));
    sparsestore_close(store);
    printf("%d passed, %d failed\n", checks - failures, failures);
    return failures != 0;
}
