/// XXH64, as specified by github.com/Cyan4973/xxHash doc/xxhash_spec.md. It detects damage, but does not protect
/// against deliberately forged values.
///
/// This file uses pointers: `remaining` counts the bytes left, and every load is preceded by a comparison with it.
package enum XXH64 {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    /// Returns the hash of the bytes.
    package static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        guard let base = bytes.baseAddress else { return avalanche(seed &+ prime5) }
        var pointer = base
        var remaining = bytes.count
        var state: UInt64
        if remaining >= 32 {
            var lane1 = seed &+ prime1 &+ prime2
            var lane2 = seed &+ prime2
            var lane3 = seed
            var lane4 = seed &- prime1
            repeat {
                lane1 = round(lane1, word(pointer, 0))
                lane2 = round(lane2, word(pointer, 8))
                lane3 = round(lane3, word(pointer, 16))
                lane4 = round(lane4, word(pointer, 24))
                pointer += 32
                remaining &-= 32
            } while remaining >= 32
            state = rotate(lane1, 1) &+ rotate(lane2, 7) &+ rotate(lane3, 12) &+ rotate(lane4, 18)
            state = merge(state, lane1)
            state = merge(state, lane2)
            state = merge(state, lane3)
            state = merge(state, lane4)
        } else {
            state = seed &+ prime5
        }
        return finish(state &+ UInt64(truncatingIfNeeded: bytes.count), pointer, remaining)
    }

    /// Returns the hash of the bytes of an array.
    package static func hash(_ bytes: [UInt8], seed: UInt64) -> UInt64 {
        bytes.withUnsafeBytes { hash($0, seed: seed) }
    }

    /// Mixes in the last bytes, which are fewer than 32.
    private static func finish(_ start: UInt64, _ base: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var state = start
        var pointer = base
        var remaining = count
        while remaining >= 8 {
            state ^= round(0, word(pointer, 0))
            state = rotate(state, 27) &* prime1 &+ prime4
            pointer += 8
            remaining &-= 8
        }
        if remaining >= 4 {
            let half = UInt32(littleEndian: pointer.loadUnaligned(as: UInt32.self))
            state ^= UInt64(half) &* prime1
            state = rotate(state, 23) &* prime2 &+ prime3
            pointer += 4
            remaining &-= 4
        }
        while remaining > 0 {
            state ^= UInt64(pointer.load(as: UInt8.self)) &* prime5
            state = rotate(state, 11) &* prime1
            pointer += 1
            remaining &-= 1
        }
        return avalanche(state)
    }

    @inline(__always)
    private static func word(_ pointer: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: pointer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value &<< count | value &>> (64 &- count)
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotate(lane &+ input &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func merge(_ state: UInt64, _ lane: UInt64) -> UInt64 {
        (state ^ round(0, lane)) &* prime1 &+ prime4
    }

    private static func avalanche(_ value: UInt64) -> UInt64 {
        var state = value
        state ^= state &>> 33
        state = state &* prime2
        state ^= state &>> 29
        state = state &* prime3
        return state ^ state &>> 32
    }
}

/// The random number generator of Steele, Lea and Flood (OOPSLA 2014). A seed gives the same numbers on every machine.
package struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
