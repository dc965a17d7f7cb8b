/* The C interface of SparseStore, an embedded, transactional, on-disk store for sparse vectors.
 *
 * Ownership. Arrays and strings that are passed to a call belong to the caller and are read only during the call. Objects
 * that a call returns (a store, a result, an error) belong to the caller, who frees them with sparsestore_close,
 * sparsestore_result_free or sparsestore_error_free. Pointers into a result or an error are valid until it is freed.
 *
 * Threads. Any number of threads may use a store at the same time, except for sparsestore_close, which must be the last
 * call. Writes wait for each other; searches never wait. A result or an error may be used by one thread at a time.
 *
 * Errors. A call that can fail returns a status, 0 for success. If `error` is not NULL, it receives the error, with a
 * problem and a remedy, or NULL on success.
 *
 * Versions. Structures begin with `size`. Set it to the sizeof of the structure, because later versions add fields at the
 * end. Set all other fields to zero before use; zero always means the default.
 *
 * Text is UTF-8. Integers and floats are in the machine's own byte order. */
#ifndef SPARSESTORE_H
#define SPARSESTORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. sparsestore_interface_version returns that of the library. */
#define SPARSESTORE_INTERFACE_VERSION 1

/* An open store. */
typedef struct sparsestore sparsestore;
/* The answers to a batch of queries. */
typedef struct sparsestore_result sparsestore_result;
/* An error. */
typedef struct sparsestore_error sparsestore_error;

/* The status of a call. Later versions may return other numbers for failures. */
typedef enum {
    SPARSESTORE_OK = 0,
    /* The file or a document does not exist. */
    SPARSESTORE_NOT_FOUND = 1,
    /* An argument, a vector, an attribute, a filter or a cursor breaks a rule or a limit. */
    SPARSESTORE_INVALID = 2,
    /* Stored bytes are damaged. */
    SPARSESTORE_CORRUPTED = 3,
    /* The file is not a store, or one that this version cannot read. */
    SPARSESTORE_INCOMPATIBLE = 4,
    /* The disk is full. No data is lost. */
    SPARSESTORE_DISK_FULL = 5,
    /* Another process or thread uses the store in a way that excludes this call. Try again. */
    SPARSESTORE_BUSY = 6,
    /* The system failed to read or write, or does not permit it. */
    SPARSESTORE_IO = 7,
    /* A search did not finish before its deadline. */
    SPARSESTORE_DEADLINE = 8,
    /* Any other failure. */
    SPARSESTORE_FAILED = 9
} sparsestore_status;

/* Concatenated strings or byte strings. Number i has the bytes from offsets[i] up to, but not including, offsets[i +
 * 1]. */
typedef struct {
    const uint8_t *bytes;
    /* count + 1 offsets, ascending from 0. */
    const int64_t *offsets;
    int64_t count;
    /* One byte for each string, 0 if the string is missing; NULL if none is missing. */
    const uint8_t *present;
} sparsestore_strings;

/* Sparse vectors as compressed sparse rows, in the layout of SciPy's csr_matrix. */
typedef struct {
    int64_t rows;
    /* rows + 1 pointers, ascending from 0. */
    const int64_t *pointers;
    /* Column numbers, in any order within a row, without repeats. */
    const int32_t *columns;
    const float *weights;
    /* The name of each column, for a store whose terms are strings; NULL if the column numbers are the terms. */
    const sparsestore_strings *names;
} sparsestore_rows;

/* Token vectors. Row i has the tokens from offsets[i] up to, but not including, offsets[i + 1], each of `dimension`
 * floats. */
typedef struct {
    int32_t dimension;
    const int64_t *offsets;
    const float *components;
} sparsestore_tokens;

/* The types of attributes. The first document with an attribute determines its type in the store. */
typedef enum {
    SPARSESTORE_INTEGER = 1,
    SPARSESTORE_NUMBER = 2,
    SPARSESTORE_BOOLEAN = 3,
    SPARSESTORE_STRING = 4,
    /* Microseconds since 1970-01-01 00:00:00 UTC. */
    SPARSESTORE_DATE = 5,
    SPARSESTORE_INTEGERS = 6,
    SPARSESTORE_STRINGS = 7
} sparsestore_type;

/* One attribute of many documents, with a value for each row. Set only the array for the type of the column. */
typedef struct {
    const char *name;
    sparsestore_type type;
    /* One byte for each row, 0 if the row has no value; NULL if all rows have one. */
    const uint8_t *present;
    /* INTEGER, DATE, and BOOLEAN (0 or 1): one number per row. INTEGERS: the concatenated elements of all rows. */
    const int64_t *integers;
    /* NUMBER: one finite number per row. */
    const double *numbers;
    /* STRING: one string per row. STRINGS: the concatenated elements of all rows. */
    const sparsestore_strings *strings;
    /* INTEGERS and STRINGS: rows + 1 offsets of the elements of each row. A row without elements has no value. */
    const int64_t *offsets;
} sparsestore_column;

typedef struct {
    size_t size;
    /* 1 opens the store read-only. */
    int32_t is_read_only;
    /* 1 fails if the store does not exist; otherwise it is created. */
    int32_t must_exist;
    /* 1 makes commits faster, but a power cut may lose the last ones, always as whole commits. */
    int32_t is_lazy;
    /* 1 gives a new store the compact profile, which keeps vectors once and compresses lists. */
    int32_t is_compact;
    /* 1 leaves merging to sparsestore_optimize; otherwise a background thread merges. */
    int32_t is_manual;
    /* Address space to reserve, in bytes; 0 for the default. */
    int64_t map_bytes;
} sparsestore_open_options;

typedef struct {
    size_t size;
    /* One id for each row. */
    const sparsestore_strings *ids;
    const sparsestore_rows *vectors;
    /* NULL, or one payload for each row. */
    const sparsestore_strings *payloads;
    /* NULL, or the concatenated tags of all rows, and their rows + 1 offsets. */
    const sparsestore_strings *tags;
    const int64_t *tag_offsets;
    /* NULL, or token vectors for each row. */
    const sparsestore_tokens *tokens;
    /* The attributes; each has a value for each row. */
    const sparsestore_column *columns;
    int64_t column_count;
    /* If 1, a row without a weight above zero is stored as a document without a vector, which no search returns. If 0,
     * such a row is an error. */
    int32_t empty_vectors;
} sparsestore_batch;

/* The changes of sparsestore_update. Fields that are NULL change nothing. */
typedef struct {
    size_t size;
    /* One id for each row. */
    const sparsestore_strings *ids;
    /* NULL, or the concatenated new tags of all rows, which replace the old ones, and their rows + 1 offsets. */
    const sparsestore_strings *tags;
    const int64_t *tag_offsets;
    /* The attributes to set. If a row has no value, the attribute is removed. Other attributes do not change. */
    const sparsestore_column *columns;
    int64_t column_count;
} sparsestore_changes;

/* How close to the exact answer a search must come. */
typedef enum {
    /* Find at least the share `recall` of the true best documents on average. */
    SPARSESTORE_RECALL_TARGET = 0,
    /* Find the true best documents, the same as with brute force. */
    SPARSESTORE_RECALL_EXACT = 1,
    /* Use the cheapest plan. */
    SPARSESTORE_RECALL_FAST = 2
} sparsestore_recall;

/* The fields of hits in addition to ids and scores. */
typedef enum {
    SPARSESTORE_FIELD_PAYLOAD = 1,
    SPARSESTORE_FIELD_TAGS = 2,
    SPARSESTORE_FIELD_ATTRIBUTES = 4
} sparsestore_field;

typedef struct {
    size_t size;
    /* The maximum number of hits; 0 for 10. */
    int32_t limit;
    sparsestore_recall recall_kind;
    /* The target, 0 to 1; 0 for 0.95. */
    double recall;
    /* A filter as text, such as "year >= 2020 AND tag:en AND NOT id:d7"; NULL for all documents. */
    const char *filter;
    /* The number of threads that search, including the caller's; 0 for one per processor. */
    int32_t threads;
    /* 1 weights the query by the inverse document frequencies of the store. */
    int32_t uses_corpus_idf;
    /* 1 leaves out hits with a score below minimum_score. */
    int32_t has_minimum_score;
    float minimum_score;
    /* The maximum number of seconds for the whole batch; 0 for no limit. */
    double timeout;
    /* A sum of sparsestore_field. */
    int32_t fields;
    /* NULL, or token vectors for each query, which rerank `candidates` documents with MaxSim. */
    const sparsestore_tokens *tokens;
    /* The number of documents to rerank; 0 for 10 times the limit. */
    int32_t candidates;
    /* NULL, or what to group documents by: the name of an attribute, or "id:" and a separator, such as "id:#", for the
       part of the ids before it. The limit then counts groups. */
    const char *group_by;
    /* The maximum number of documents per group; 0 for 1. */
    int32_t group_size;
} sparsestore_search_options;

typedef struct {
    size_t size;
    /* A filter as text; NULL for all documents. */
    const char *filter;
    /* The attribute to sort by; NULL for the order in which the documents were written. */
    const char *order;
    /* 1 puts the largest value, or the newest document, first. */
    int32_t is_descending;
    /* The maximum number of documents; 0 for 20. */
    int32_t limit;
    /* The cursor of the previous page, from sparsestore_result_cursor; NULL for the first page. */
    const char *after;
    /* A sum of sparsestore_field. */
    int32_t fields;
} sparsestore_list_options;

typedef struct {
    size_t size;
    int64_t documents;
    int64_t terms;
    int64_t nonzeros;
    int64_t file_bytes;
    int64_t live_bytes;
    int64_t segments;
    int64_t generation;
} sparsestore_statistics;

int32_t sparsestore_interface_version(void);

/* The name of the error's code (such as "notFound"), the problem, and the remedy. */
const char *sparsestore_error_name(const sparsestore_error *error);
const char *sparsestore_error_problem(const sparsestore_error *error);
const char *sparsestore_error_remedy(const sparsestore_error *error);
void sparsestore_error_free(sparsestore_error *error);

/* Opens the store at `path`, or creates it. `options` may be NULL. */
sparsestore_status sparsestore_open(
    const char *path, const sparsestore_open_options *options, sparsestore **store, sparsestore_error **error);
/* Closes and frees the store. No other thread may be using it. NULL is allowed. */
void sparsestore_close(sparsestore *store);

/* Writes all rows in one durable transaction: all of them or none. Documents with the same ids are replaced. An invalid
 * row fails the call; the problem names its number and id. */
sparsestore_status sparsestore_upsert(
    sparsestore *store, const sparsestore_batch *batch, int64_t *generation, sparsestore_error **error);
/* Removes the documents with these ids in one transaction. `removed` receives the number of documents that existed. */
sparsestore_status sparsestore_remove(
    sparsestore *store, const sparsestore_strings *ids, int64_t *removed, sparsestore_error **error);
/* Changes only the tags and attributes of documents, in one transaction. It writes much less than sparsestore_upsert.
 * `updated` receives the number of documents that existed. */
sparsestore_status sparsestore_update(
    sparsestore *store, const sparsestore_changes *changes, int64_t *updated, sparsestore_error **error);
/* Removes all documents that match a filter, in one transaction. `removed` receives their number. */
sparsestore_status sparsestore_remove_where(
    sparsestore *store, const char *filter, int64_t *removed, sparsestore_error **error);
/* Counts the documents that match a filter, or all documents if it is NULL. */
sparsestore_status sparsestore_count(
    sparsestore *store, const char *filter, int64_t *count, sparsestore_error **error);
/* Counts the documents for each value of an attribute, among the documents that match a filter (NULL for all). The most
 * frequent values come first, at most `limit` of them (0 for 20). The result has one row with a hit without an id for
 * each value. Its first column has the values, and its second column, called "count", the counts. */
sparsestore_status sparsestore_facets(
    sparsestore *store, const char *attribute, const char *filter, int32_t limit, sparsestore_result **result,
    sparsestore_error **error);
/* Lists the documents that match a filter, page by page, as a result of one row with scores of 0. `options` may be
 * NULL. */
sparsestore_status sparsestore_list(
    sparsestore *store, const sparsestore_list_options *options, sparsestore_result **result, sparsestore_error **error);
/* Merges the index into as few segments as possible, and measures the recall of each effort. */
sparsestore_status sparsestore_optimize(sparsestore *store, sparsestore_error **error);

/* Answers all queries from one snapshot. `options` may be NULL. A row without weights finds nothing. */
sparsestore_status sparsestore_search(
    sparsestore *store, const sparsestore_rows *queries, const sparsestore_search_options *options,
    sparsestore_result **result, sparsestore_error **error);
/* Returns the documents with these ids, in the order of the ids, as a result of one row with the requested fields and
 * scores of 0. Ids that do not exist are left out. */
sparsestore_status sparsestore_get(
    sparsestore *store, const sparsestore_strings *ids, int32_t fields, sparsestore_result **result,
    sparsestore_error **error);

int64_t sparsestore_result_queries(const sparsestore_result *result);
/* The queries + 1 offsets at which the hits of each query begin. */
const int64_t *sparsestore_result_offsets(const sparsestore_result *result);
/* The scores of all hits, best first within a query. */
const float *sparsestore_result_scores(const sparsestore_result *result);
/* The ids of all hits. */
sparsestore_strings sparsestore_result_ids(const sparsestore_result *result);
/* The payloads of all hits; count is 0 if they were not requested. */
sparsestore_strings sparsestore_result_payloads(const sparsestore_result *result);
/* The concatenated tags of all hits, and the offsets of those of each hit (NULL if they were not requested). */
sparsestore_strings sparsestore_result_tags(const sparsestore_result *result);
const int64_t *sparsestore_result_tag_offsets(const sparsestore_result *result);
/* The group of each hit; count is 0 if hits were not grouped. */
sparsestore_strings sparsestore_result_groups(const sparsestore_result *result);
/* The number of attributes that the hits have, and each attribute as a column with a row for each hit, sorted by name.
 * */
int64_t sparsestore_result_columns(const sparsestore_result *result);
sparsestore_column sparsestore_result_column(const sparsestore_result *result, int64_t index);
/* The cursor for the next page of sparsestore_list; NULL on the last page and for other results. */
const char *sparsestore_result_cursor(const sparsestore_result *result);
/* The generation of the commit that was searched. */
int64_t sparsestore_result_generation(const sparsestore_result *result);
void sparsestore_result_free(sparsestore_result *result);

sparsestore_status sparsestore_stats(
    sparsestore *store, sparsestore_statistics *statistics, sparsestore_error **error);
/* Copies the newest commit to a new file. Reads and writes continue meanwhile. */
sparsestore_status sparsestore_backup(sparsestore *store, const char *path, sparsestore_error **error);

#ifdef __cplusplus
}
#endif
#endif
