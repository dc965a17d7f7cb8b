/// Appends the format's primitive types to a byte array. Everything is little-endian (FORMAT.md, "Conventions").
package struct ByteWriter: Sendable {
    package private(set) var bytes: [UInt8]

    package var count: Int { bytes.count }

    package init(reserving capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package mutating func u8(_ value: UInt8) {
        bytes.append(value)
    }

    package mutating func u16(_ value: UInt16) {
        fixed(value)
    }

    package mutating func u32(_ value: UInt32) {
        fixed(value)
    }

    package mutating func u64(_ value: UInt64) {
        fixed(value)
    }

    /// Appends the bit pattern, so that every float is preserved exactly.
    package mutating func f32(_ value: Float) {
        fixed(value.bitPattern)
    }

    /// Appends many floats.
    package mutating func f32s(_ values: [Float]) {
        f32s(values[...])
    }

    package mutating func f32s(_ values: ArraySlice<Float>) {
        #if _endian(little)
            values.withUnsafeBytes { bytes.append(contentsOf: $0) }
        #else
            for value in values { f32(value) }
        #endif
    }

    /// Appends many integers.
    package mutating func fixeds(_ values: ArraySlice<some FixedWidthInteger>) {
        #if _endian(little)
            values.withUnsafeBytes { bytes.append(contentsOf: $0) }
        #else
            for value in values { fixed(value) }
        #endif
    }

    package mutating func f64(_ value: Double) {
        fixed(value.bitPattern)
    }

    /// Appends a LEB128 varint in its shortest form.
    package mutating func varint(_ value: some FixedWidthInteger & UnsignedInteger) {
        var rest = UInt64(truncatingIfNeeded: value)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends a signed number as the varint of 0, -1, 1, -2, 2, ...
    package mutating func zigzag(_ value: Int64) {
        varint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    package mutating func append(_ bytes: some Sequence<UInt8>) {
        self.bytes.append(contentsOf: bytes)
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        self.bytes.append(contentsOf: bytes)
    }

    package mutating func reserveCapacity(_ count: Int) {
        bytes.reserveCapacity(count)
    }

    /// Removes all bytes and keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    package mutating func zeros(_ count: Int) {
        bytes.append(contentsOf: repeatElement(0, count: max(0, count)))
    }

    /// Appends zeros up to the next multiple of `alignment`.
    package mutating func align(to alignment: Int) {
        guard alignment > 1 else { return }
        zeros((alignment - count % alignment) % alignment)
    }

    /// Lets `body` overwrite bytes that were reserved for it, such as those of a header.
    mutating func withUnsafeMutableBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeMutableBytes(body)
    }

    private mutating func fixed(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
