#ifndef SPARSESTORE_CKERNELS_H
#define SPARSESTORE_CKERNELS_H

// MaxSim for processors with AVX2 and F16C: see maxsim.c. Each function gives bit for bit the same result as the
// function of that name in Sources/SparseStore/Stages/MaxSim/MaxSimKernels.swift, and has the same requirements.

#if defined(__x86_64__)

#include <stddef.h>
#include <stdint.h>

// Whether the processor has AVX2 and F16C; if not, none of the others may be called.
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

#endif

#endif
