/// Packed numbers of 0, 1, 2, 4, 8, 16, 32 or 64 bits each; the first is in the lowest bits.
///
/// This file uses pointers: `init` checks that the bytes have `count` numbers. The caller must keep positions below
/// `count`.
package struct PackedCodes: Sendable {
    /// The number of codes in a zone, which share one minimum and one maximum (a zone map).
    package static let zoneSize = 1_024

    package let count: Int
    package let width: Int
    private let bytes: Mapped<UnsafeRawBufferPointer>

    package init(_ bytes: UnsafeRawBufferPointer, count: Int, width: Int) throws(FormatError) {
        guard Self.isWidth(width), bytes.count == Self.byteCount(count, width: width) else {
            throw FormatError(.columnShape, "\(bytes.count) bytes for \(count) numbers of \(width) bits")
        }
        (self.bytes, self.count, self.width) = (Mapped(bytes), count, width)
    }

    static func isWidth(_ width: Int) -> Bool { width == 0 || (width <= 64 && width.nonzeroBitCount == 1) }

    package static func byteCount(_ count: Int, width: Int) -> Int { (count * width + 7) / 8 }

    /// Returns the smallest width that can hold a number.
    static func width(for largest: UInt64) -> Int {
        let bits = 64 - largest.leadingZeroBitCount
        return [0, 1, 2, 4, 8, 16, 32].first { bits <= $0 } ?? 64
    }

    @inline(__always)
    package subscript(index: Int) -> UInt64 {
        switch width {
        case 8: return UInt64(bytes.pointer[index])
        case 16: return UInt64(load(index, UInt16.self))
        case 32: return UInt64(load(index, UInt32.self))
        case 64: return load(index, UInt64.self)
        case 0: return 0
        default:
            let bit = index * width
            return UInt64(bytes.pointer[bit >> 3] >> UInt8(bit & 7)) & (1 << UInt64(width) - 1)
        }
    }

    /// Tests for each number of `range`, which begins at a multiple of 64, whether it is in the interval.
    ///
    /// - Parameter body: Called with the index of each 64-bit word and its bits.
    package func match(_ interval: ClosedRange<UInt64>, in range: Range<Int>, _ body: (Int, UInt64) -> Void) {
        switch width {
        case 8: words(interval, in: range, as: UInt8.self, body)
        case 16: words(interval, in: range, as: UInt16.self, body)
        case 32: words(interval, in: range, as: UInt32.self, body)
        case 64: words(interval, in: range, as: UInt64.self, body)
        default:
            for first in stride(from: range.lowerBound, to: range.upperBound, by: 64) {
                var word: UInt64 = 0
                for index in first..<min(first + 64, range.upperBound) where interval.contains(self[index]) {
                    word |= 1 << UInt64(index - first)
                }
                body(first >> 6, word)
            }
        }
    }

    /// Returns the smallest and the largest number of a range that is not empty.
    func extent(of range: Range<Int>) -> (least: UInt64, largest: UInt64) {
        switch width {
        case 8: return extent(range, UInt8.self)
        case 16: return extent(range, UInt16.self)
        case 32: return extent(range, UInt32.self)
        case 64: return extent(range, UInt64.self)
        default:
            return range.reduce((UInt64.max, 0)) { (min($0.0, self[$1]), max($0.1, self[$1])) }
        }
    }

    @inline(__always)
    private func extent<T: FixedWidthInteger & UnsignedInteger>(
        _ range: Range<Int>, _ type: T.Type
    ) -> (least: UInt64, largest: UInt64) {
        var (least, largest) = (T.max, T.min)
        for index in range {
            let code = load(index, T.self)
            least = min(least, code)
            largest = max(largest, code)
        }
        return (UInt64(least), UInt64(largest))
    }

    /// Adds 1 to the count of the number at each set bit of a word. The numbers must be below `counts.count`.
    ///
    /// - Parameters:
    ///   - word: Bit `b` stands for the number at `first + b`.
    ///   - first: The position of the first number; a multiple of 64.
    func count(_ word: UInt64, at first: Int, into counts: UnsafeMutableBufferPointer<UInt32>) {
        switch width {
        case 8: count(word, at: first, as: UInt8.self, into: counts)
        case 16: count(word, at: first, as: UInt16.self, into: counts)
        default:
            var rest = word
            while rest != 0 {
                counts[Int(self[first + rest.trailingZeroBitCount])] &+= 1
                rest &= rest &- 1
            }
        }
    }

    @inline(__always)
    private func count<T: FixedWidthInteger & UnsignedInteger>(
        _ word: UInt64, at first: Int, as type: T.Type, into counts: UnsafeMutableBufferPointer<UInt32>
    ) {
        if word == .max {
            for index in first..<first &+ 64 { counts[Int(load(index, T.self))] &+= 1 }
            return
        }
        var rest = word
        while rest != 0 {
            counts[Int(load(first &+ rest.trailingZeroBitCount, T.self))] &+= 1
            rest &= rest &- 1
        }
    }

    @inline(__always)
    private func words<T: FixedWidthInteger & UnsignedInteger>(
        _ interval: ClosedRange<UInt64>, in range: Range<Int>, as type: T.Type, _ body: (Int, UInt64) -> Void
    ) {
        guard let low = T(exactly: interval.lowerBound) else {
            for first in stride(from: range.lowerBound, to: range.upperBound, by: 64) { body(first >> 6, 0) }
            return
        }
        // One comparison is enough: a number below `low` wraps around and becomes too large.
        let span = T(clamping: interval.upperBound) &- low
        for first in stride(from: range.lowerBound, to: range.upperBound, by: 64) {
            var word: UInt64 = 0
            let end = min(64, range.upperBound - first)
            for bit in 0..<end {
                let isIn: UInt64 = load(first &+ bit, T.self) &- low <= span ? 1 : 0
                word |= isIn &<< UInt64(bit)
            }
            body(first >> 6, word)
        }
    }

    @inline(__always)
    private func load<T: FixedWidthInteger>(_ index: Int, _ type: T.Type) -> T {
        T(littleEndian: bytes.pointer.loadUnaligned(fromByteOffset: index &* MemoryLayout<T>.size, as: T.self))
    }

    /// Appends packed numbers.
    static func append(_ codes: [UInt64], width: Int, to writer: inout ByteWriter) {
        switch width {
        case 0: return
        case 8: for code in codes { writer.u8(UInt8(truncatingIfNeeded: code)) }
        case 16: for code in codes { writer.u16(UInt16(truncatingIfNeeded: code)) }
        case 32: for code in codes { writer.u32(UInt32(truncatingIfNeeded: code)) }
        case 64: for code in codes { writer.u64(code) }
        default:
            var byte: UInt8 = 0
            for (index, code) in codes.enumerated() {
                let bit = index * width
                byte |= UInt8(truncatingIfNeeded: code) << UInt8(bit & 7)
                if bit & 7 == 8 - width || index == codes.count - 1 {
                    writer.u8(byte)
                    byte = 0
                }
            }
        }
    }
}
