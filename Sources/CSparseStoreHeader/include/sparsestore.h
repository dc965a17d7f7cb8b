/* The C interface of SparseStore: an embedded, transactional, on-disk store of sparse vectors.
 *
 * Ownership. Arrays and strings that a call takes belong to the caller and are read only during the call. What a call
 * gives back (a store, a result, an error) belongs to the caller, who frees it with the function named after it.
 * Pointers into a result or an error are valid until that is freed.
 *
 * Threads. A store may be used by any number of threads at the same time, but for sparsestore_close, which must be the
 * last call. Writes wait for each other; searches wait for nobody. A result and an error belong to one thread at a time.
 *
 * Errors. A call that can fail returns a status, 0 for success. Where `error` is not NULL it receives what went wrong, as
 * a problem and a remedy, and NULL on success.
 *
 * Versions. Structures begin with `size`, to be set to their sizeof: fields are only ever added at the end. Set all other
 * fields to zero before use; zero means the default throughout.
 *
 * Text is UTF-8. Integers and floats are in the machine's own byte order. */
#ifndef SPARSESTORE_H
#define SPARSESTORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface; sparsestore_interface_version tells that of the library. */
#define SPARSESTORE_INTERFACE_VERSION 1

/* An open store. */
typedef struct sparsestore sparsestore;
/* The answers to a batch of queries. */
typedef struct sparsestore_result sparsestore_result;
/* What went wrong. */
typedef struct sparsestore_error sparsestore_error;

/* What a call returns. Every other number is a failure that a later version may tell apart. */
typedef enum {
    SPARSESTORE_OK = 0,
    /* The file or a document is not there. */
    SPARSESTORE_NOT_FOUND = 1,
    /* An argument, a vector or a filter breaks a rule or a limit. */
    SPARSESTORE_INVALID = 2,
    /* Stored bytes are damaged. */
    SPARSESTORE_CORRUPTED = 3,
    /* The file is not a store, or one that this version cannot read. */
    SPARSESTORE_INCOMPATIBLE = 4,
    /* The disk is full; nothing is lost. */
    SPARSESTORE_DISK_FULL = 5,
    /* Someone else uses the store in a way that excludes this call. Try again. */
    SPARSESTORE_BUSY = 6,
    /* The system failed to read or write, or does not permit it. */
    SPARSESTORE_IO = 7,
    /* A search was not done by its deadline. */
    SPARSESTORE_DEADLINE = 8,
    /* Anything else. */
    SPARSESTORE_FAILED = 9
} sparsestore_status;

/* Texts or byte strings one behind the other: number i is bytes[offsets[i]] up to bytes[offsets[i + 1]]. */
typedef struct {
    const uint8_t *bytes;
    /* count + 1 offsets, rising from 0. */
    const int64_t *offsets;
    int64_t count;
    /* One byte for each text, 0 where there is none at all; NULL where all are there. */
    const uint8_t *present;
} sparsestore_strings;

/* Sparse vectors in compressed sparse rows, as SciPy's csr_matrix keeps them. */
typedef struct {
    int64_t rows;
    /* rows + 1 pointers, rising from 0. */
    const int64_t *pointers;
    /* Column numbers, in any order within a row, none twice. */
    const int32_t *columns;
    const float *weights;
    /* The name of each column, for a store whose terms are strings; NULL for one whose terms are the column numbers. */
    const sparsestore_strings *names;
} sparsestore_rows;

/* Token vectors: row i has the tokens offsets[i] up to offsets[i + 1], each of `dimension` floats. */
typedef struct {
    int32_t dimension;
    const int64_t *offsets;
    const float *components;
} sparsestore_tokens;

/* The types of attributes. The first document that has an attribute decides the type of its name in the store. */
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

/* One attribute of many documents, with a value for each row. A column has the one array that its type asks for. */
typedef struct {
    const char *name;
    sparsestore_type type;
    /* One byte for each row, 0 where the row has no value; NULL where all have one. */
    const uint8_t *present;
    /* INTEGER, DATE, and BOOLEAN as 0 or 1: a number for each row. INTEGERS: the elements of all rows, one behind the other. */
    const int64_t *integers;
    /* NUMBER: a finite number for each row. */
    const double *numbers;
    /* STRING: a text for each row. STRINGS: the elements of all rows, one behind the other. */
    const sparsestore_strings *strings;
    /* INTEGERS and STRINGS: where the elements of each row begin, rows + 1 offsets. A row without elements has no value. */
    const int64_t *offsets;
} sparsestore_column;

typedef struct {
    size_t size;
    /* 1 opens without the right to write. */
    int32_t is_read_only;
    /* 1 refuses to make a store that is not there. */
    int32_t must_exist;
    /* 1 lets a power cut take the last commits, whole commits only. */
    int32_t is_lazy;
    /* 1 makes a new store compact: vectors once, lists compressed. */
    int32_t is_compact;
    /* 1 leaves merging to sparsestore_optimize; otherwise a thread of the store merges beside the writers. */
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
    /* NULL, or all tags one behind the other, and where those of each row begin (rows + 1 offsets). */
    const sparsestore_strings *tags;
    const int64_t *tag_offsets;
    /* NULL, or token vectors for each row. */
    const sparsestore_tokens *tokens;
    /* The attributes, each with a value for each row. */
    const sparsestore_column *columns;
    int64_t column_count;
} sparsestore_batch;

/* What sparsestore_update changes; what is NULL stays as it is. */
typedef struct {
    size_t size;
    /* One id for each row. */
    const sparsestore_strings *ids;
    /* NULL, or all tags one behind the other, in place of those that a document has, and where those of each row begin. */
    const sparsestore_strings *tags;
    const int64_t *tag_offsets;
    /* Attributes to set; a row without a value takes the attribute away. Attributes that are not named stay. */
    const sparsestore_column *columns;
    int64_t column_count;
} sparsestore_changes;

/* How close to the exact answer a search must come. */
typedef enum {
    /* At least `recall` of the true best on average. */
    SPARSESTORE_RECALL_TARGET = 0,
    /* The true best, as brute force gives them. */
    SPARSESTORE_RECALL_EXACT = 1,
    /* The cheapest plan. */
    SPARSESTORE_RECALL_FAST = 2
} sparsestore_recall;

/* What hits bring beside their ids and scores. */
typedef enum {
    SPARSESTORE_FIELD_PAYLOAD = 1,
    SPARSESTORE_FIELD_TAGS = 2,
    SPARSESTORE_FIELD_ATTRIBUTES = 4
} sparsestore_field;

typedef struct {
    size_t size;
    /* How many hits at the most; 0 for 10. */
    int32_t limit;
    sparsestore_recall recall_kind;
    /* The target, 0 to 1; 0 for 0.95. */
    double recall;
    /* A filter as text, such as "year >= 2020 AND tag:en AND NOT id:d7"; NULL for all documents. */
    const char *filter;
    /* Threads that search, the calling one included; 0 for one a processor. */
    int32_t threads;
    /* 1 weights the query by the corpus's inverse document frequencies. */
    int32_t uses_corpus_idf;
    /* 1 leaves out hits that score less than minimum_score. */
    int32_t has_minimum_score;
    float minimum_score;
    /* Seconds for the whole batch; 0 for no end. */
    double timeout;
    /* A sum of sparsestore_field. */
    int32_t fields;
    /* NULL, or token vectors for each query, by which `candidates` documents are reranked with MaxSim. */
    const sparsestore_tokens *tokens;
    /* How many documents are reranked; 0 for 10 times the limit. */
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
    /* The attribute that orders the documents; NULL for the order in which they were written. */
    const char *order;
    /* 1 puts the largest value, or the newest document, first. */
    int32_t is_descending;
    /* How many documents at the most; 0 for 20. */
    int32_t limit;
    /* What sparsestore_result_cursor gave for the page before; NULL for the first page. */
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

/* The code's name ("notFound"), what went wrong, and what to do about it. */
const char *sparsestore_error_name(const sparsestore_error *error);
const char *sparsestore_error_problem(const sparsestore_error *error);
const char *sparsestore_error_remedy(const sparsestore_error *error);
void sparsestore_error_free(sparsestore_error *error);

/* Opens the store at `path`, or makes it; options may be NULL. */
sparsestore_status sparsestore_open(
    const char *path, const sparsestore_open_options *options, sparsestore **store, sparsestore_error **error);
/* Closes and frees the store. No other thread may be using it. NULL is allowed. */
void sparsestore_close(sparsestore *store);

/* Puts all rows in, in place of documents with the same ids, in one durable transaction: all of them or none. A row that
 * breaks a rule fails the call; the problem names its number and id. */
sparsestore_status sparsestore_upsert(
    sparsestore *store, const sparsestore_batch *batch, int64_t *generation, sparsestore_error **error);
/* Removes the documents with these ids in one transaction; `removed` receives how many there were. */
sparsestore_status sparsestore_remove(
    sparsestore *store, const sparsestore_strings *ids, int64_t *removed, sparsestore_error **error);
/* Changes tags and attributes of documents and leaves the rest as it is, in one transaction: much less is written than by
 * sparsestore_upsert. `updated` receives how many of the documents were there. */
sparsestore_status sparsestore_update(
    sparsestore *store, const sparsestore_changes *changes, int64_t *updated, sparsestore_error **error);
/* Removes all documents that a filter lets through, in one transaction; `removed` receives how many they were. */
sparsestore_status sparsestore_remove_where(
    sparsestore *store, const char *filter, int64_t *removed, sparsestore_error **error);
/* How many documents a filter lets through; all where it is NULL. */
sparsestore_status sparsestore_count(
    sparsestore *store, const char *filter, int64_t *count, sparsestore_error **error);
/* How many documents have each value of an attribute: the most frequent first, at most `limit` values (0 for 20), of the
 * documents that a filter lets through (NULL for all). The result is one row with a hit for each value, without
 * an id; its first column holds the values, its second one, called "count", the counts. */
sparsestore_status sparsestore_facets(
    sparsestore *store, const char *attribute, const char *filter, int32_t limit, sparsestore_result **result,
    sparsestore_error **error);
/* Documents that a filter lets through, a page at a time, as a result of one row with scores of 0; options may be NULL. */
sparsestore_status sparsestore_list(
    sparsestore *store, const sparsestore_list_options *options, sparsestore_result **result, sparsestore_error **error);
/* Merges the index into as few segments as hold it, and measures what recall each effort reaches. */
sparsestore_status sparsestore_optimize(sparsestore *store, sparsestore_error **error);

/* Answers all queries from one snapshot; options may be NULL. A row without weights finds nothing. */
sparsestore_status sparsestore_search(
    sparsestore *store, const sparsestore_rows *queries, const sparsestore_search_options *options,
    sparsestore_result **result, sparsestore_error **error);
/* The documents with these ids, in their order, as a result of one row with the fields asked for and scores of 0; ids that
 * are not there are left out. */
sparsestore_status sparsestore_get(
    sparsestore *store, const sparsestore_strings *ids, int32_t fields, sparsestore_result **result,
    sparsestore_error **error);

int64_t sparsestore_result_queries(const sparsestore_result *result);
/* Where the hits of each query begin: queries + 1 offsets. */
const int64_t *sparsestore_result_offsets(const sparsestore_result *result);
/* The scores of all hits, best first within a query. */
const float *sparsestore_result_scores(const sparsestore_result *result);
/* The ids of all hits. */
sparsestore_strings sparsestore_result_ids(const sparsestore_result *result);
/* The payloads of all hits; count is 0 where they were not asked for. */
sparsestore_strings sparsestore_result_payloads(const sparsestore_result *result);
/* The tags of all hits one behind the other, and where those of each hit begin (NULL where they were not asked for). */
sparsestore_strings sparsestore_result_tags(const sparsestore_result *result);
const int64_t *sparsestore_result_tag_offsets(const sparsestore_result *result);
/* The group of each hit; count is 0 where hits were not grouped. */
sparsestore_strings sparsestore_result_groups(const sparsestore_result *result);
/* How many attributes the hits have together, and each of them with a row for each hit; by rising name. */
int64_t sparsestore_result_columns(const sparsestore_result *result);
sparsestore_column sparsestore_result_column(const sparsestore_result *result, int64_t index);
/* What asks sparsestore_list for the page that follows; NULL on the last page and for other results. */
const char *sparsestore_result_cursor(const sparsestore_result *result);
/* The commit that was searched. */
int64_t sparsestore_result_generation(const sparsestore_result *result);
void sparsestore_result_free(sparsestore_result *result);

sparsestore_status sparsestore_stats(
    sparsestore *store, sparsestore_statistics *statistics, sparsestore_error **error);
/* Copies the newest commit to a new file while others read and write. */
sparsestore_status sparsestore_backup(sparsestore *store, const char *path, sparsestore_error **error);

#ifdef __cplusplus
}
#endif
#endif
