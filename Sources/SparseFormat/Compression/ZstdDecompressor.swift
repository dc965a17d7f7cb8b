internal import CZstd

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
            throw FormatError(.limitExceeded, "\(size) bytes, the limit is \(limit)")
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
