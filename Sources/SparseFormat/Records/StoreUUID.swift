/// 16 random bytes that identify a store.
package struct StoreUUID: Sendable, Hashable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package static func random() -> StoreUUID {
        // Version 4, variant 1 of RFC 9562.
        let high = UInt64.random(in: .min ... .max) & ~0xF000 | 0x4000
        let low = UInt64.random(in: .min ... .max) & ~(3 << 62) | 2 << 62
        return StoreUUID(high: high, low: low)
    }

    package var description: String {
        let digits = Array(withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Hexadecimal.text($0) })
        return [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
            .map { String($0) }.joined(separator: "-")
    }
}
