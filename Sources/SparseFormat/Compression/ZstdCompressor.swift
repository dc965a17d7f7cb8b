internal import CZstd

/// Makes zstd frames with one reusable context.
///
/// The frames declare their content size. They have no checksum, because the surrounding value has one, which is
/// checked before libzstd sees a byte. They have no dictionary id, because the record names the dictionary.
///
/// This file uses pointers: it owns its context, and passes each buffer to libzstd with its true size.
package final class ZstdCompressor {
    /// Created with the first frame, because a commit of documents without payloads needs none.
    private var context: OpaquePointer?
    private let level: Int32
    private var digest: OpaquePointer?
    private var digestOf: ZstdDictionary?

    /// - Parameter level: From 1 (fast) to 19 (small); other values are clamped.
    package init(level: Int = 3) {
        self.level = Int32(min(19, max(1, level)))
    }

    deinit {
        ZSTD_freeCDict(digest)
        ZSTD_freeCCtx(context)
    }

    /// Returns a frame of at most `limit` bytes; nil if it would be larger or cannot be made. Then store the bytes
    /// uncompressed.
    package func compress(_ source: UnsafeRawBufferPointer, limit: Int, dictionary: ZstdDictionary? = nil) -> [UInt8]? {
        guard !source.isEmpty, limit > 0, let context = ready(), select(dictionary, context) else { return nil }
        let frame = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let size = ZSTD_compress2(context, buffer.baseAddress, limit, source.baseAddress, source.count)
            count = ZSTD_isError(size) == 0 && size <= limit ? size : 0
        }
        return frame.isEmpty ? nil : frame
    }

    /// Returns a frame in which each piece begins a block and so can have its own statistics; nil as above.
    package func compress(blocks: [[UInt8]], limit: Int) -> [UInt8]? {
        let blocks = blocks.filter { !$0.isEmpty }
        let size = blocks.reduce(0) { $0 + $1.count }
        guard size > 0, limit > 0, let context = ready(), select(nil, context) else { return nil }
        defer { ZSTD_CCtx_reset(context, ZSTD_reset_session_only) }
        guard ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(context, UInt64(size))) == 0 else { return nil }
        let frame = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: limit, pos: 0)
            for (index, block) in blocks.enumerated() {
                let isWritten = block.withUnsafeBytes { bytes in
                    var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
                    let end = index == blocks.count - 1 ? ZSTD_e_end : ZSTD_e_flush
                    // The rest did not fit. An error is also a number above 0.
                    return ZSTD_compressStream2(context, &output, &input, end) == 0 && input.pos == input.size
                }
                guard isWritten else { return }
            }
            count = output.pos
        }
        return frame.isEmpty ? nil : frame
    }

    /// The size of the largest frame worth storing instead of `size` bytes: one that saves 5 percent.
    package static func worthwhile(_ size: Int) -> Int {
        size - (size + 19) / 20
    }

    private func ready() -> OpaquePointer? {
        guard context == nil else { return context }
        context = ZSTD_createCCtx()
        if let context {
            ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
            ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1)
            ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0)
            ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0)
        }
        return context
    }

    /// Makes the context use the dictionary, which is digested once for this compressor's level.
    private func select(_ dictionary: ZstdDictionary?, _ context: OpaquePointer) -> Bool {
        guard let dictionary else { return ZSTD_isError(ZSTD_CCtx_refCDict(context, nil)) == 0 }
        if digestOf !== dictionary {
            _ = ZSTD_CCtx_refCDict(context, nil)
            ZSTD_freeCDict(digest)
            digest = dictionary.bytes.withUnsafeBytes { ZSTD_createCDict($0.baseAddress, $0.count, level) }
            digestOf = dictionary
        }
        guard let digest, dictionary.digest != nil else { return false }
        return ZSTD_isError(ZSTD_CCtx_refCDict(context, digest)) == 0
    }
}
