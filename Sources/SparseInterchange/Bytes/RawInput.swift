internal import SystemPackage

/// Reads the raw bytes of a descriptor or of memory, before decompression, through one bounded buffer.
final class RawInput {
    static let bufferBytes = 256 << 10

    let name: String
    /// The size of a regular file; nil for a pipe. Standard input counts as a pipe, even if it is a file, because
    /// another process may have read from it, so its size and offsets are not reliable.
    let size: UInt64?
    /// The number of bytes that have been consumed.
    private(set) var consumed: UInt64 = 0

    private let descriptor: FileDescriptor?
    private let closesDescriptor: Bool
    private var buffer: [UInt8]
    private var start = 0
    private var end = 0
    private var reachedEnd = false

    /// Opens the file at `path`, or standard input for "-".
    init(path: String) throws(InterchangeError) {
        if path == "-" {
            name = "standard input"
            descriptor = .standardInput
            closesDescriptor = false
            size = nil
        } else {
            name = path
            let file = try InterchangeError.attempt("read", path) {
                try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
            }
            do {
                size = try FileMeasure.regularFileSize(of: file, name: path)
            } catch {
                try? file.close()
                throw error
            }
            descriptor = file
            closesDescriptor = true
        }
        buffer = [UInt8](repeating: 0, count: Self.bufferBytes)
    }

    /// Reads from memory.
    init(bytes: [UInt8], name: String) {
        self.name = name
        size = UInt64(bytes.count)
        descriptor = nil
        closesDescriptor = false
        buffer = bytes
        end = bytes.count
        reachedEnd = true
    }

    deinit {
        if closesDescriptor { try? descriptor?.close() }
    }

    /// The descriptor, if its file supports random access.
    var seekableDescriptor: FileDescriptor? { size == nil ? nil : descriptor }

    /// The number of bytes in the buffer.
    var buffered: Int { end - start }

    /// Buffers at least `count` bytes, or as many as there still are.
    func fill(atLeast count: Int) throws(InterchangeError) {
        guard buffered < count, !reachedEnd, let descriptor else { return }
        if start > 0 {
            buffer.replaceSubrange(0..<buffered, with: buffer[start..<end])
            end -= start
            start = 0
        }
        while end < min(count, buffer.count), !reachedEnd {
            let from = end
            let read = try InterchangeError.attempt("read", name) {
                try buffer.withUnsafeMutableBytes { bytes in
                    try descriptor.read(
                        into: UnsafeMutableRawBufferPointer(rebasing: bytes[from...]), retryOnInterrupt: true)
                }
            }
            if read == 0 { reachedEnd = true }
            end += read
        }
    }

    /// Passes the buffered bytes to `body`, which returns how many of them it has consumed.
    func use<Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        let range = start..<end
        // The closure cannot throw a typed error through `withUnsafeBytes`, hence the result.
        let result = buffer.withUnsafeBytes { bytes -> Result<Int, Failure> in
            do throws(Failure) {
                return .success(try body(UnsafeRawBufferPointer(rebasing: bytes[range])))
            } catch {
                return .failure(error)
            }
        }
        let used = min(max(try result.get(), 0), buffered)
        start += used
        consumed += UInt64(used)
    }

    /// Moves bytes into `target`. Returns 0 at the end.
    func read(into target: UnsafeMutableRawBufferPointer) throws(InterchangeError) -> Int {
        if buffered == 0 {
            if target.count >= Self.bufferBytes, !reachedEnd, let descriptor {
                // A large read bypasses the buffer.
                let read = try InterchangeError.attempt("read", name) {
                    try descriptor.read(into: target, retryOnInterrupt: true)
                }
                if read == 0 { reachedEnd = true }
                consumed += UInt64(read)
                return read
            }
            try fill(atLeast: 1)
        }
        var moved = 0
        use { waiting in
            moved = min(waiting.count, target.count)
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: waiting[..<moved]))
            return moved
        }
        return moved
    }

    /// Seeks to `offset` of a regular file. Returns false if that is impossible.
    func seek(to offset: UInt64) throws(InterchangeError) -> Bool {
        guard let descriptor, let size, offset <= size else { return false }
        _ = try InterchangeError.attempt("seek in", name) {
            try descriptor.seek(offset: Int64(offset), from: .start)
        }
        start = 0
        end = 0
        reachedEnd = false
        consumed = offset
        return true
    }
}
