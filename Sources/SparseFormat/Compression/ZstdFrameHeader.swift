/// The header of a zstd frame (RFC 8878, 3.1.1.1), parsed before libzstd is called.
///
/// Only frames like those of `ZstdCompressor` are accepted: one data frame with a content size, and without checksum
/// and dictionary id.
struct ZstdFrameHeader {
    /// A frame never has to look back further than the length of its content.
    static let maximumWindow: UInt64 = 1 << 27

    /// The declared content size.
    let contentSize: UInt64

    init(_ frame: UnsafeRawBufferPointer) throws(FormatError) {
        var reader = ByteReader(frame)
        guard try reader.u32() == 0xFD2F_B528 else {
            throw FormatError(.decompression, "not a zstd data frame")
        }
        let descriptor = try reader.u8()
        guard descriptor & 0b1000 == 0 else { throw FormatError(.decompression, "a reserved bit is set") }
        guard descriptor & 0b100 == 0 else { throw FormatError(.decompression, "the frame has a checksum") }
        guard descriptor & 0b11 == 0 else { throw FormatError(.decompression, "the frame names a dictionary") }
        let singleSegment = descriptor & 0b10_0000 != 0
        if !singleSegment {
            let window = try reader.u8()
            let base = UInt64(1) << UInt64(10 + (window >> 3))
            guard base + base / 8 * UInt64(window & 7) <= Self.maximumWindow else {
                throw FormatError(.decompression, "the window is too large")
            }
        }
        switch (descriptor >> 6, singleSegment) {
        case (0, true): contentSize = UInt64(try reader.u8())
        case (1, _): contentSize = UInt64(try reader.u16()) + 256
        case (2, _): contentSize = UInt64(try reader.u32())
        case (3, _): contentSize = try reader.u64()
        default: throw FormatError(.decompression, "the frame does not declare its content size")
        }
    }
}
