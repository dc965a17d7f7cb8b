#ifndef SPARSESTORE_CKERNELS_H
#define SPARSESTORE_CKERNELS_H

// Inner loops for processors with AVX2, BMI and F16C: see maxsim.c and scan.c. Each function gives bit for bit the same
// result as the Swift code that it replaces, in Sources/SparseStore/Stages/MaxSim/MaxSimKernels.swift,
// Sources/SparseStore/Search/Scan/WindowKernels.swift, Sources/SparseFormat/Segments/ForwardRecord.swift or
// Sources/SparseFormat/Blocks/ImpactLines.swift, and has the same requirements.

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// A list with a code for each document of a window, and what a code is multiplied by, times 256.
typedef struct {
    const void *codes;
    uint16_t multiplier;
} sparsestore_dense_list;

#if defined(__x86_64__)

// Whether the processor has AVX2, BMI 1 and 2 and F16C; if not, none of the others may be called.
int sparsestore_has_avx2(void);

// Converts half precision to single precision.
void sparsestore_widen_halves(const void *halves, float *floats, size_t count);

// Converts rows of bytes to rows of 16-bit integers, with a zero at the end of each row if the dimension is odd.
void sparsestore_widen_bytes(const void *bytes, int16_t *words, size_t count, size_t dimension);

// Updates the maximum of each of 16 query tokens with its inner products with `count` tokens, 1 or more. query:
// [dimension][16]; tokens: [count][dimension].
void sparsestore_maxima(
    const float *query, const float *tokens, size_t count, size_t dimension, float *maxima);

// The same for widened 8-bit codes. The inner products are integers, and are multiplied by the token's scale before
// they are compared. query: [pairs][16][2]; tokens: [count][pairs][2].
void sparsestore_maxima_codes(
    const int16_t *query, const int16_t *tokens, const float *scales, size_t count, size_t pairs, float *maxima);

// Computes the inner products of 16 query tokens with each of `count` rows. products: [count][16].
void sparsestore_products(
    const float *query, const float *rows, size_t count, size_t dimension, float *products);

// The same as sparsestore_maxima for quantized tokens, from tables. centroids: u16 [count]; codes: [count][groups];
// coarse: [centroid][16]; table: [groups][256][16].
void sparsestore_maxima_table(
    const void *centroids, const void *codes, size_t count, size_t groups, const float *coarse, const float *table,
    float *maxima);

// The largest of each 128 sums, which are at most 32,767 and aligned to 32 bytes. Clears those whose largest is below
// `least`.
void sparsestore_maxima_of_blocks(uint16_t *sums, size_t blocks, int16_t least, int16_t *maxima);

// The same for the sums of documents that are in a bitmap, of `count` words of 64 bits, the first document in the lowest.
// Clears the sums of all others. There is a word for the first half of each block.
void sparsestore_maxima_of_allowed(
    uint16_t *sums, size_t blocks, int16_t least, int16_t *maxima, const uint64_t *words, size_t count);

// Writes sum << 16 | ordinal for each ordinal in begin..<end whose sum, with `count` dense lists, is at least `least`, and
// returns how many there are. Of 16 sums that are all below `sparse`, none is looked at. lists: end bytes each.
size_t sparsestore_collect(
    const uint16_t *sums, size_t begin, size_t end, const sparsestore_dense_list *_Nullable lists, size_t count,
    int16_t sparse, int16_t least, uint32_t *found);

// The sum, in order, of value x weight over the components whose position has its bit set. bits: 65,536; slots: 65,536, of
// positions with a bit; weights: 256, by slot.
float sparsestore_score(
    const void *positions, const void *values, size_t count, const uint32_t *bits, const uint8_t *slots,
    const float *weights);

// The sum of multiplier x code over the components of `count` lines of a block index. multipliers: 65,537 of them, each
// below 32,768; the last is read but not used.
uint32_t sparsestore_sum_lines(const void *lines, size_t count, const uint16_t *multipliers);

// Writes the positions of the values that are at least `least` and below `below`, in ascending order, and returns how many
// there are.
size_t sparsestore_select(
    const uint32_t *values, size_t count, uint32_t least, uint32_t below, uint32_t *found);

#endif

#pragma clang assume_nonnull end

#endif
