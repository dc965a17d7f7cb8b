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
