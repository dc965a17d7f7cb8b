internal import CZlib
internal import CZstd

/// A streaming zstd decoder with a bounded window. Its memory is the window of the frame (at most 128 MiB), independent
/// of the size of the output.
final class ZstdDecoder: StreamDecoder {
    static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    private let context: OpaquePointer
    private let name: String
    /// Whether a frame has begun and not ended.
    private var insideFrame = false

    init(name: String) throws(InterchangeError) {
        guard let context = ZSTD_createDCtx() else {
            throw InterchangeError(.io, "cannot decompress '\(name)': out of memory; free some memory and try again")
        }
        self.context = context
        self.name = name
        let status = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, InterchangeLimits.zstdWindowLog)
        guard ZSTD_isError(status) == 0 else { throw Self.failure(status, name) }
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    /// Decompresses from `input` into `target`. Returns 0 at the end of the last frame and of the input.
    func read(
        from input: RawInput, into target: UnsafeMutableRawBufferPointer
    ) throws(InterchangeError) -> Int {
        guard !target.isEmpty else { return 0 }
        var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        while output.pos == 0 {
            try input.fill(atLeast: 1)
            // Only at the end of a frame is the decoder empty; before that, output may come without input.
            if input.buffered == 0, !insideFrame { return 0 }
            let exhausted = input.buffered == 0
            var status = 0
            input.use { waiting in
                var source = ZSTD_inBuffer(src: waiting.baseAddress, size: waiting.count, pos: 0)
                status = ZSTD_decompressStream(context, &output, &source)
                return source.pos
            }
            guard ZSTD_isError(status) == 0 else { throw Self.failure(status, name) }
            insideFrame = status != 0
            if exhausted, output.pos == 0, insideFrame {
                throw InterchangeError(
                    .invalidInput, "'\(name)' is truncated inside a zstd frame; download or create it again")
            }
        }
        return output.pos
    }

    private static func failure(_ status: Int, _ name: String) -> InterchangeError {
        switch ZSTD_getErrorCode(status) {
        case ZSTD_error_frameParameter_windowTooLarge:
            InterchangeError(
                .limitExceeded,
                "'\(name)' needs a zstd window larger than \(1 << (InterchangeLimits.zstdWindowLog - 20)) MiB; "
                    + "decompress it first with 'zstd -d --long=31'")
        case ZSTD_error_memory_allocation:
            InterchangeError(.io, "cannot decompress '\(name)': out of memory; free some memory and try again")
        case ZSTD_error_dictionary_wrong:
            InterchangeError(
                .unsupported, "'\(name)' was compressed with a dictionary; decompress it first with 'zstd -d -D'")
        default:
            InterchangeError(
                .invalidInput,
                "'\(name)' has invalid zstd data "
                    + "(\(String(cString: ZSTD_getErrorName(status)))); download or create it again"
            )
        }
    }
}

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
