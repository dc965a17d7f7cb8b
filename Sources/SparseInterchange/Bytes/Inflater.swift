internal import CZlib

/// A streaming decoder of deflate data (RFC 1951), raw as in a zip archive or wrapped as gzip (RFC 1952).
///
/// It needs about 40 KiB of memory, independent of the size of the output.
final class Inflater: StreamDecoder {
    /// The container of the deflate data.
    enum Wrapping: Int32 {
        /// No container, as in the members of a zip archive.
        case none = -15
        /// One or more gzip members.
        case gzip = 31
    }

    /// The result of one step.
    struct Step {
        /// The number of input bytes that were consumed.
        var used: Int
        /// The number of bytes that were written.
        var made: Int
        /// Whether the deflate data ended with this step.
        var isEnd: Bool
    }

    static let gzipMagic: [UInt8] = [0x1F, 0x8B]

    private let stream: UnsafeMutablePointer<z_stream>
    private let name: String
    /// Whether a gzip member has begun and not ended.
    private var insideMember = false

    init(_ wrapping: Wrapping, name: String) throws(InterchangeError) {
        self.name = name
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit2_(
            stream, wrapping.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            throw InterchangeError(.io, "cannot decompress '\(name)': out of memory; free some memory and try again")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Decompresses some of `source` into `target`, neither of which may be larger than 4 GiB.
    func step(
        from source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(InterchangeError) -> Step {
        // zlib does not write through `next_in`; its C signature only lacks the const.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: source.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(clamping: source.count)
        stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(clamping: target.count)
        let status = inflate(stream, Z_NO_FLUSH)
        // Z_BUF_ERROR means that no progress was possible with the given buffers: more input may follow.
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
            throw InterchangeError(
                .invalidInput, "'\(name)' has invalid deflate data (zlib error \(status)); download or create it again")
        }
        return Step(
            used: source.count - Int(stream.pointee.avail_in), made: target.count - Int(stream.pointee.avail_out),
            isEnd: status == Z_STREAM_END)
    }

    /// Decompresses gzip members from `input` into `target`. Returns 0 at the end of the last member and of the input.
    func read(
        from input: RawInput, into target: UnsafeMutableRawBufferPointer
    ) throws(InterchangeError) -> Int {
        guard !target.isEmpty else { return 0 }
        while true {
            try input.fill(atLeast: 1)
            if input.buffered == 0 {
                guard insideMember else { return 0 }
                throw InterchangeError(
                    .invalidInput, "'\(name)' is truncated inside a gzip member; download or create it again")
            }
            if !insideMember {
                inflateReset(stream)
                insideMember = true
            }
            var step = Step(used: 0, made: 0, isEnd: false)
            try input.use { waiting throws(InterchangeError) in
                step = try self.step(from: waiting, into: target)
                return step.used
            }
            if step.isEnd { insideMember = false }
            if step.made > 0 { return step.made }
        }
    }

    /// Returns the CRC-32 of zip and gzip, continued from `checksum` over `bytes`.
    static func checksum(_ checksum: UInt32 = 0, over bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBufferPointer { UInt32(crc32_z(uLong(checksum), $0.baseAddress, $0.count)) }
    }
}
