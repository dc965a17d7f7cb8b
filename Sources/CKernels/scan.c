// The loops of a window scan, and the comparison of a document with a query, with the vector instructions of AVX2. Each
// function gives bit for bit what its namesake in Sources/SparseStore/Search/Scan/WindowKernels.swift or
// Sources/SparseFormat/Segments/ForwardRecord.swift gives.

#include "CKernels.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))

enum { block_size = 128 };

// The largest of 16 numbers that are not negative.
AVX2 static int16_t largest(__m256i lanes) {
    __m128i half = _mm_max_epi16(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
    // The smallest difference to 32,767 is that of the largest number.
    __m128i top = _mm_minpos_epu16(_mm_xor_si128(half, _mm_set1_epi16(0x7FFF)));
    return (int16_t)(_mm_extract_epi16(top, 0) ^ 0x7FFF);
}

AVX2 void sparsestore_maxima_of_blocks(uint16_t *sums, size_t blocks, int16_t least, int16_t *maxima) {
    for (size_t block = 0; block < blocks; block++, sums += block_size) {
        __m256i *lanes = (__m256i *)sums;
        __m256i most = _mm256_load_si256(lanes);
        for (int i = 1; i < 8; i++) most = _mm256_max_epi16(most, _mm256_load_si256(lanes + i));
        int16_t value = largest(most);
        maxima[block] = value;
        if (value < least)
            for (int i = 0; i < 8; i++) _mm256_store_si256(lanes + i, _mm256_setzero_si256());
    }
}

AVX2 void sparsestore_maxima_of_allowed(
    uint16_t *sums, size_t blocks, int16_t least, int16_t *maxima, const uint64_t *words, size_t count) {
    const __m256i bits = _mm256_setr_epi16(
        1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, (short)0x8000);
    for (size_t block = 0; block < blocks; block++, sums += block_size) {
        uint64_t word[2] = {words[2 * block], 2 * block + 1 < count ? words[2 * block + 1] : 0};
        __m256i *lanes = (__m256i *)sums, kept[8], most = _mm256_setzero_si256();
        for (int i = 0; i < 8; i++) {
            __m256i own = _mm256_and_si256(_mm256_set1_epi16((short)(word[i / 4] >> (i % 4 * 16))), bits);
            kept[i] = _mm256_and_si256(_mm256_load_si256(lanes + i), _mm256_cmpeq_epi16(own, bits));
            most = _mm256_max_epi16(most, kept[i]);
        }
        int16_t value = largest(most);
        maxima[block] = value;
        for (int i = 0; i < 8; i++) _mm256_store_si256(lanes + i, value < least ? _mm256_setzero_si256() : kept[i]);
    }
}

AVX2 size_t sparsestore_collect(
    const uint16_t *sums, size_t begin, size_t end, const sparsestore_dense_list *lists, size_t count, int16_t sparse,
    int16_t least, uint32_t *found) {
    size_t written = 0, ordinal = begin;
    const __m256i below_sparse = _mm256_set1_epi16((short)(sparse - (sparse > INT16_MIN)));
    const __m256i below = _mm256_set1_epi16((short)(least - 1)), one = _mm256_set1_epi16(1);
    for (; ordinal + 16 <= end; ordinal += 16) {
        __m256i sum = _mm256_loadu_si256((const __m256i *)(sums + ordinal));
        if (sparse > INT16_MIN && _mm256_testz_si256(_mm256_cmpgt_epi16(sum, below_sparse), _mm256_set1_epi16(-1)))
            continue;
        for (size_t i = 0; i < count; i++) {
            __m128i bytes = _mm_loadu_si128((const __m128i *)((const uint8_t *)lists[i].codes + ordinal));
            __m256i codes = _mm256_cvtepu8_epi16(bytes);
            __m256i units = _mm256_mulhi_epu16(_mm256_slli_epi16(codes, 8), _mm256_set1_epi16((short)lists[i].multiplier));
            // 1 where there is a posting.
            sum = _mm256_add_epi16(sum, _mm256_add_epi16(units, _mm256_min_epi16(codes, one)));
        }
        __m256i reached = _mm256_cmpgt_epi16(sum, below);
        uint32_t mask = (uint32_t)_mm256_movemask_epi8(reached) & 0x55555555;
        if (mask == 0) continue;
        uint16_t lanes[16];
        memcpy(lanes, &sum, sizeof lanes);
        for (; mask != 0; mask = _blsr_u32(mask)) {
            uint32_t lane = (uint32_t)_tzcnt_u32(mask) / 2;
            found[written++] = (uint32_t)lanes[lane] << 16 | (uint32_t)(ordinal + lane);
        }
    }
    for (; ordinal < end; ordinal++) {
        int sum = sums[ordinal];
        for (size_t i = 0; i < count; i++) {
            int code = ((const uint8_t *)lists[i].codes)[ordinal];
            if (code != 0) sum += ((code * (int)lists[i].multiplier) >> 8) + 1;
        }
        if (sum >= least) found[written++] = (uint32_t)sum << 16 | (uint32_t)ordinal;
    }
    return written;
}

AVX2 float sparsestore_score(
    const void *positions, const void *values, size_t count, const uint32_t *bits, const uint8_t *slots,
    const float *weights) {
    const uint16_t *at = (const uint16_t *)positions;
    const char *value = (const char *)values;
    float score = 0;
    size_t index = 0;
    for (; index + 8 <= count; index += 8) {
        __m256i position = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(at + index)));
        __m256i words = _mm256_i32gather_epi32((const int *)bits, _mm256_srli_epi32(position, 5), 4);
        // The bit of each position to the sign.
        __m256i signs = _mm256_sllv_epi32(words, _mm256_andnot_si256(position, _mm256_set1_epi32(31)));
        uint32_t mask = (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(signs));
        for (; mask != 0; mask = _blsr_u32(mask)) {
            size_t one = index + _tzcnt_u32(mask);
            float weight;
            memcpy(&weight, value + 4 * one, 4);
            score += weight * weights[slots[at[one]]];
        }
    }
    for (; index < count; index++) {
        if ((bits[at[index] >> 5] >> (at[index] & 31) & 1) == 0) continue;
        float weight;
        memcpy(&weight, value + 4 * index, 4);
        score += weight * weights[slots[at[index]]];
    }
    return score;
}

// Lines of documents of a block index: u16 numbers[21], u8 codes[21], u8 more (FORMAT.md, "Lines").
enum { line_bytes = 64, line_codes = 42 };

AVX2 uint32_t sparsestore_sum_lines(const void *lines, size_t count, const uint16_t *multipliers) {
    const __m256i low = _mm256_set1_epi32(0xFFFF);
    // Five codes, without what is behind them.
    const __m128i five = _mm_cvtsi64_si128(0xFFFFFFFFFFll);
    __m256i sums = _mm256_setzero_si256(), others = _mm256_setzero_si256();
    for (const char *line = lines; count > 0; count--, line += line_bytes) {
        __m256i numbers = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)line));
        __m256i more = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(line + 16)));
        __m256i last = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(line + 32)));
        __m256i codes = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(line + line_codes)));
        __m256i more_codes = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(line + line_codes + 8)));
        // The last eight bytes of the line, of which the first two are codes of the second group.
        __m128i bytes = _mm_srli_epi64(_mm_loadl_epi64((const __m128i *)(line + line_bytes - 8)), 16);
        __m256i last_codes = _mm256_cvtepu8_epi32(_mm_and_si128(bytes, five));
        __m256i one = _mm256_and_si256(_mm256_i32gather_epi32((const int *)multipliers, numbers, 2), low);
        __m256i two = _mm256_and_si256(_mm256_i32gather_epi32((const int *)multipliers, more, 2), low);
        __m256i three = _mm256_and_si256(_mm256_i32gather_epi32((const int *)multipliers, last, 2), low);
        // Multipliers are below 32,768, and the upper half of each lane is 0.
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(one, codes));
        others = _mm256_add_epi32(others, _mm256_madd_epi16(two, more_codes));
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(three, last_codes));
    }
    sums = _mm256_add_epi32(sums, others);
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1));
    return (uint32_t)_mm_cvtsi128_si32(half);
}

AVX2 size_t sparsestore_select(
    const uint32_t *values, size_t count, uint32_t least, uint32_t below, uint32_t *found) {
    size_t written = 0, position = 0;
    const __m256i lowest = _mm256_set1_epi32((int)least), limit = _mm256_set1_epi32((int)below);
    for (; position + 8 <= count; position += 8) {
        __m256i value = _mm256_loadu_si256((const __m256i *)(values + position));
        __m256i reaches = _mm256_cmpeq_epi32(_mm256_max_epu32(value, lowest), value);
        __m256i too_large = _mm256_cmpeq_epi32(_mm256_max_epu32(value, limit), value);
        uint32_t mask = (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_andnot_si256(too_large, reaches)));
        for (; mask != 0; mask = _blsr_u32(mask)) found[written++] = (uint32_t)(position + _tzcnt_u32(mask));
    }
    for (; position < count; position++)
        if (values[position] >= least && values[position] < below) found[written++] = (uint32_t)position;
    return written;
}

#endif
