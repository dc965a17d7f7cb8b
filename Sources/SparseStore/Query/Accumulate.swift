internal import SparseFormat

/// The inner loops of a window scan. One of the files that use pointers without checks.
///
/// What makes them safe: accumulators number 65,536, as many as a u16 ordinal can name; a list's bytes lie inside its
/// chunk (`WindowDirectory`) and a dense list has one code for each document.
enum Accumulate {
    static func sparse(
        _ list: WindowSegment.List, _ multiplier: UInt16, _ accumulators: UnsafeMutablePointer<UInt16>
    ) {
        let count = Int(list.entry.count)
        let ordinals = list.bytes.assumingMemoryBound(to: UInt16.self)
        let codes = (list.bytes + count * 2).assumingMemoryBound(to: UInt8.self)
        let multiplier = UInt32(multiplier)
        for index in 0..<count {
            let ordinal = Int(UInt16(littleEndian: ordinals[index]))
            let units = (UInt32(codes[index]) &* multiplier) &>> 8 &+ 1
            accumulators[ordinal] &+= UInt16(truncatingIfNeeded: units)
        }
    }

    static func dense(
        _ list: WindowSegment.List, _ multiplier: UInt16, _ documents: Int,
        _ accumulators: UnsafeMutablePointer<UInt16>
    ) {
        let codes = list.bytes.assumingMemoryBound(to: UInt8.self)
        let multiplier32 = UInt32(multiplier)
        for ordinal in 0..<documents {
            let code = UInt32(codes[ordinal])
            let units = (code &* multiplier32) &>> 8 &+ (code == 0 ? 0 : 1)
            accumulators[ordinal] &+= UInt16(truncatingIfNeeded: units)
        }
    }

    /// Calls `body` with each ordinal whose accumulator is at least `least`; `body` may raise `least`.
    static func forEach(
        atLeast least: inout UInt16, _ accumulators: UnsafeMutablePointer<UInt16>, _ documents: Int,
        _ body: (Int, UInt16, inout UInt16) -> Void
    ) {
        var ordinal = 0
        while ordinal + 16 <= documents {
            let lanes = UnsafeRawPointer(accumulators + ordinal).loadUnaligned(as: SIMD16<UInt16>.self)
            if lanes.max() >= least {
                for lane in 0..<16 where accumulators[ordinal + lane] >= least {
                    body(ordinal + lane, accumulators[ordinal + lane], &least)
                }
            }
            ordinal += 16
        }
        while ordinal < documents {
            if accumulators[ordinal] >= least { body(ordinal, accumulators[ordinal], &least) }
            ordinal += 1
        }
    }
}
