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

/// Decodes zstd frames of a known size with one reusable context.
///
/// This file uses pointers: it owns its context, and passes each buffer to libzstd with its true size.
package final class ZstdDecompressor {
    private let context: OpaquePointer?

    package init() {
        context = ZSTD_createDCtx()
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    /// Returns the declared content size of a frame. Throws unless it is a frame as this format writes them.
    package static func contentSize(_ frame: UnsafeRawBufferPointer) throws(FormatError) -> UInt64 {
        try ZstdFrameHeader(frame).contentSize
    }

    /// Decodes a single frame that declares exactly `size` bytes.
    ///
    /// At most `size` bytes are allocated, and only after the frame's header has been read.
    package func decompress(
        _ frame: UnsafeRawBufferPointer, size: Int, limit: Int, dictionary: ZstdDictionary? = nil
    ) throws(FormatError) -> [UInt8] {
        try check(frame, size: size, limit: limit)
        var failure: FormatError?
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            do throws(FormatError) {
                try decode(frame, into: UnsafeMutableRawBufferPointer(buffer), dictionary)
                count = size
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Decodes into the caller's memory, which must have exactly the declared size.
    package func decompress(
        _ frame: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, dictionary: ZstdDictionary? = nil
    ) throws(FormatError) {
        try check(frame, size: target.count, limit: target.count)
        try decode(frame, into: target, dictionary)
    }

    /// Checks everything that can be checked before memory is allocated.
    private func check(_ frame: UnsafeRawBufferPointer, size: Int, limit: Int) throws(FormatError) {
        guard size >= 1, size <= limit else {
            throw FormatError(.limitExceeded, "\(size) bytes, but the limit is \(limit)")
        }
        let declared = try Self.contentSize(frame)
        guard declared == UInt64(size) else {
            throw FormatError(.decompression, "the frame declares \(declared) bytes instead of \(size)")
        }
        // A skippable frame fails at the magic in its header. Bytes after the frame, such as another frame, fail here.
        let length = ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count)
        guard ZSTD_isError(length) == 0, length == frame.count else {
            throw FormatError(.decompression, "the frame does not end at the end of its bytes")
        }
    }

    private func decode(
        _ frame: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, _ dictionary: ZstdDictionary?
    ) throws(FormatError) {
        guard let context else { throw FormatError(.decompression, "out of memory for a zstd context") }
        let size: Int
        if let dictionary {
            guard let digest = dictionary.digest else {
                throw FormatError(.decompression, "dictionary \(dictionary.id) is not a zstd dictionary")
            }
            size = ZSTD_decompress_usingDDict(
                context, target.baseAddress, target.count, frame.baseAddress, frame.count, digest)
        } else {
            size = ZSTD_decompressDCtx(context, target.baseAddress, target.count, frame.baseAddress, frame.count)
        }
        guard ZSTD_isError(size) == 0 else {
            throw FormatError(.decompression, String(cString: ZSTD_getErrorName(size)))
        }
        guard size == target.count else {
            throw FormatError(.decompression, "only \(size) of \(target.count) bytes were decoded")
        }
    }
}

/// A compression dictionary. It is digested for decoding at creation, and for encoding by the compressor that uses it.
///
/// This file uses pointers: it owns `digest`, which libzstd only reads, so threads may share it.
package final class ZstdDictionary: @unchecked Sendable {
    /// The number of the dictionary in the table `dictionaries`; 1 or more.
    package let id: UInt32
    package let bytes: [UInt8]
    /// Nil if the bytes begin like a trained dictionary but are not one, or if memory ran out.
    let digest: OpaquePointer?

    /// Accepts any bytes. If they are not a valid dictionary, the first frame that needs it causes an error.
    package init(id: UInt32, bytes: [UInt8]) {
        self.id = id
        self.bytes = bytes
        self.digest = bytes.isEmpty ? nil : bytes.withUnsafeBytes { ZSTD_createDDict($0.baseAddress, $0.count) }
    }

    deinit {
        ZSTD_freeDDict(digest)
    }

    /// Trains a dictionary for data like the samples.
    ///
    /// Returns nil if there are too few samples, or if they are too small. A hundred times the capacity is a good
    /// amount; ten times is the minimum.
    package static func train(samples: [[UInt8]], capacity: Int = 16 * 1024) -> [UInt8]? {
        guard capacity > 0, capacity <= Limits.maximumDictionaryBytes, samples.count <= Int(UInt32.max) else {
            return nil
        }
        var joined: [UInt8] = []
        joined.reserveCapacity(samples.reduce(0) { $0 + $1.count })
        for sample in samples { joined.append(contentsOf: sample) }
        let sizes = samples.map(\.count)
        let dictionary = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            let written = joined.withUnsafeBytes { joined in
                ZDICT_trainFromBuffer(buffer.baseAddress, capacity, joined.baseAddress, sizes, UInt32(sizes.count))
            }
            count = ZDICT_isError(written) == 0 && written <= capacity ? written : 0
        }
        return dictionary.isEmpty ? nil : dictionary
    }
}

/// The header of a zstd frame (RFC 8878, 3.1.1.1), parsed before libzstd is called.
///
/// Only frames like those of `ZstdCompressor` are accepted: one data frame with a content size, and without checksum
/// and dictionary id.
struct ZstdFrameHeader {
    /// A frame never has to look back further than the length of its content.
    private static let maximumWindow: UInt64 = 1 << 27

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
