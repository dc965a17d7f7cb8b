/// The edits that an input encodes, six bytes each: the value, the position in it, and the kind of edit.
struct Edits {
    struct Edit {
        /// The index of the value.
        let index: Int
        let offset: Int
        private static let weights: [Float] = [
            .nan, .infinity, -1, 0, -0.0, 1e38, Float(bitPattern: 71_362), 1e15, 1e-15,
        ]
        private let kind: UInt8
        private let byte: UInt8

        fileprivate init(_ bytes: UnsafeRawBufferPointer, at start: Int) {
            index = Int(bytes[start]) << 8 | Int(bytes[start + 1])
            offset = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
            kind = bytes[start + 4] & 15
            byte = bytes[start + 5]
        }

        /// Flips, sets, cuts off, adds or repeats bytes, or writes a wrong number, in the `length` bytes from `first`
        /// on.
        ///
        /// - Parameter unit: The number of bytes that are cut off or added at a time.
        func apply(to bytes: inout [UInt8], from first: Int, in length: Int, unit: Int = 1) {
            guard length > 0 else { return }
            let place = first + offset % length
            func write(_ value: UInt64, _ width: Int) {
                for index in 0..<min(width, bytes.count - place) {
                    bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
                }
            }
            switch kind {
            case 0: bytes[place] ^= byte
            case 1: bytes[place] = byte
            case 2: write(UInt64(byte), 4)
            case 3: write(.max, Int(byte & 7) + 1)
            case 4: write(1 << UInt64(byte & 63), 8)
            case 5: write(0, Int(byte))
            case 6: bytes.removeLast(min(Int(byte) * unit, bytes.count - first))
            case 7: bytes += repeatElement(byte, count: (1 + Int(byte & 31)) * unit)
            case 8: write(UInt64(byte), 2)
            case 9: write(UInt64(Self.weights[Int(byte) % Self.weights.count].bitPattern), 4)
            case 10: write(UInt64(65_535 - Int(byte & 3)), 2)
            case 11:
                // Repeat the preceding bytes, so that ascending values no longer ascend.
                let count = min(Int(byte) + 1, place - first, bytes.count - place)
                guard count > 0 else { return }
                bytes.replaceSubrange(place..<place + count, with: Array(bytes[place - count..<place]))
            default: write(UInt64(byte) << 16, 4)
            }
        }
    }

    let list: [Edit]

    /// At most 64, because more do not help.
    init(_ bytes: UnsafeRawBufferPointer) {
        list = stride(from: 0, to: bytes.count - 5, by: 6).prefix(64).map { Edit(bytes, at: $0) }
    }
}
