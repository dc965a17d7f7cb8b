// MaxSim with the vector instructions of AVX2 and F16C. A library for every x86-64 processor may use them only after a
// check. Each function gives bit for bit the same result as the function of that name in
// Sources/SparseStore/Stages/MaxSim/MaxSimKernels.swift: products are rounded before they are added, in ascending order
// of the components.
//
// Query tokens are in tiles of 16 lanes, so that one instruction handles eight of them and the largest value of each
// lane needs no horizontal step. Stored bytes can have any address, so all loads are unaligned.

#include "CKernels.h"

#if defined(__x86_64__)

#include <string.h>

// This holds whatever flags the package is built with.
#pragma STDC FP_CONTRACT OFF

#define AVX2 __attribute__((target("avx2,f16c")))

typedef float f32x8 __attribute__((vector_size(32), aligned(4)));
typedef int32_t i32x8 __attribute__((vector_size(32), aligned(4)));
typedef short i16x16 __attribute__((vector_size(32), aligned(2)));
typedef short i16x8 __attribute__((vector_size(16), aligned(2)));
typedef int8_t i8x16 __attribute__((vector_size(16), aligned(1)));

int sparsestore_has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c") && __builtin_cpu_supports("bmi")
        && __builtin_cpu_supports("bmi2");
}

static inline AVX2 f32x8 load8(const float *p) { return *(const f32x8 *)p; }

static inline AVX2 void store8(float *p, f32x8 v) { *(f32x8 *)p = v; }

static inline AVX2 f32x8 max8(f32x8 a, f32x8 b) { return __builtin_ia32_maxps256(a, b); }

static inline AVX2 f32x8 float8(i32x8 v) { return __builtin_convertvector(v, f32x8); }

AVX2 void sparsestore_widen_halves(const void *halves, float *floats, size_t count) {
    const char *from = (const char *)halves;
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        store8(floats + i, __builtin_ia32_vcvtph2ps256(*(const i16x8 *)(from + 2 * i)));
    if (i < count) {
        i16x8 last = {0};
        float wide[8];
        memcpy(&last, from + 2 * i, 2 * (count - i));
        store8(wide, __builtin_ia32_vcvtph2ps256(last));
        memcpy(floats + i, wide, sizeof(float) * (count - i));
    }
}

AVX2 void sparsestore_widen_bytes(const void *bytes, int16_t *words, size_t count, size_t dimension) {
    const int8_t *row = (const int8_t *)bytes;
    for (size_t token = 0; token < count; token++, row += dimension) {
        size_t i = 0;
        for (; i + 16 <= dimension; i += 16)
            *(i16x16 *)(words + i) =
                __builtin_convertvector(*(const i8x16 *)(row + i), i16x16);
        for (; i < dimension; i++) words[i] = row[i];
        if (dimension & 1) words[dimension] = 0;
        words += (dimension + 1) & ~(size_t)1;
    }
}

AVX2 void sparsestore_maxima(
    const float *query, const float *tokens, size_t count, size_t dimension, float *maxima) {
    f32x8 low = load8(maxima), high = load8(maxima + 8);
    for (size_t i = 0; i < count; i += 4) {
        // After the end, repeat the last token, which does not change a maximum.
        size_t last = count - 1;
        const float *t0 = tokens + i * dimension;
        const float *t1 = tokens + (i + 1 < last ? i + 1 : last) * dimension;
        const float *t2 = tokens + (i + 2 < last ? i + 2 : last) * dimension;
        const float *t3 = tokens + (i + 3 < last ? i + 3 : last) * dimension;
        f32x8 a0 = {0}, a1 = {0}, b0 = {0}, b1 = {0}, c0 = {0}, c1 = {0}, d0 = {0}, d1 = {0};
        for (size_t k = 0; k < dimension; k++) {
            f32x8 q0 = load8(query + 16 * k), q1 = load8(query + 16 * k + 8);
            a0 += q0 * t0[k], a1 += q1 * t0[k];
            b0 += q0 * t1[k], b1 += q1 * t1[k];
            c0 += q0 * t2[k], c1 += q1 * t2[k];
            d0 += q0 * t3[k], d1 += q1 * t3[k];
        }
        low = max8(low, max8(max8(a0, b0), max8(c0, d0)));
        high = max8(high, max8(max8(a1, b1), max8(c1, d1)));
    }
    store8(maxima, low);
    store8(maxima + 8, high);
}

// Adds the products of one pair of components with those of eight query tokens.
static inline AVX2 i32x8 add_pairs(
    i32x8 sum, i16x16 query, const int16_t *pair) {
    int32_t both;
    memcpy(&both, pair, sizeof both);
    i32x8 spread = {both, both, both, both, both, both, both, both};
    return sum + (i32x8)__builtin_ia32_pmaddwd256(query, (i16x16)spread);
}

AVX2 void sparsestore_maxima_codes(
    const int16_t *query, const int16_t *tokens, const float *scales, size_t count, size_t pairs, float *maxima) {
    f32x8 low = load8(maxima), high = load8(maxima + 8);
    for (size_t i = 0; i < count; i += 4) {
        size_t last = count - 1;
        size_t i1 = i + 1 < last ? i + 1 : last, i2 = i + 2 < last ? i + 2 : last, i3 = i + 3 < last ? i + 3 : last;
        const int16_t *t0 = tokens + 2 * i * pairs, *t1 = tokens + 2 * i1 * pairs;
        const int16_t *t2 = tokens + 2 * i2 * pairs, *t3 = tokens + 2 * i3 * pairs;
        i32x8 a0 = {0}, a1 = {0}, b0 = {0}, b1 = {0}, c0 = {0}, c1 = {0}, d0 = {0}, d1 = {0};
        for (size_t k = 0; k < pairs; k++) {
            i16x16 q0 = *(const i16x16 *)(query + 32 * k);
            i16x16 q1 = *(const i16x16 *)(query + 32 * k + 16);
            a0 = add_pairs(a0, q0, t0 + 2 * k), a1 = add_pairs(a1, q1, t0 + 2 * k);
            b0 = add_pairs(b0, q0, t1 + 2 * k), b1 = add_pairs(b1, q1, t1 + 2 * k);
            c0 = add_pairs(c0, q0, t2 + 2 * k), c1 = add_pairs(c1, q1, t2 + 2 * k);
            d0 = add_pairs(d0, q0, t3 + 2 * k), d1 = add_pairs(d1, q1, t3 + 2 * k);
        }
        float s0 = scales[i], s1 = scales[i1], s2 = scales[i2], s3 = scales[i3];
        low = max8(
            low, max8(
                     max8(float8(a0) * s0, float8(b0) * s1),
                     max8(float8(c0) * s2, float8(d0) * s3)));
        high = max8(
            high, max8(
                      max8(float8(a1) * s0, float8(b1) * s1),
                      max8(float8(c1) * s2, float8(d1) * s3)));
    }
    store8(maxima, low);
    store8(maxima + 8, high);
}

AVX2 void sparsestore_products(
    const float *query, const float *rows, size_t count, size_t dimension, float *products) {
    for (size_t i = 0; i < count; i++, rows += dimension, products += 16) {
        f32x8 a = {0}, b = {0};
        for (size_t k = 0; k < dimension; k++) {
            a += load8(query + 16 * k) * rows[k];
            b += load8(query + 16 * k + 8) * rows[k];
        }
        store8(products, a);
        store8(products + 8, b);
    }
}

AVX2 void sparsestore_maxima_table(
    const void *centroids, const void *codes, size_t count, size_t groups, const float *coarse, const float *table,
    float *maxima) {
    f32x8 low = load8(maxima), high = load8(maxima + 8);
    const uint8_t *code = (const uint8_t *)codes;
    for (size_t i = 0; i < count; i++) {
        uint16_t centroid;
        memcpy(&centroid, (const char *)centroids + 2 * i, sizeof centroid);
        f32x8 a = load8(coarse + 16 * (size_t)centroid);
        f32x8 b = load8(coarse + 16 * (size_t)centroid + 8);
        const float *group = table;
        for (size_t k = 0; k < groups; k++, group += 256 * 16) {
            const float *row = group + 16 * (size_t)*code++;
            a += load8(row);
            b += load8(row + 8);
        }
        low = max8(low, a);
        high = max8(high, b);
    }
    store8(maxima, low);
    store8(maxima + 8, high);
}

#endif
