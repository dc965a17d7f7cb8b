internal import Platform
internal import SystemPackage

/// A file read by ranges.
final class RandomAccessFile {
    let name: String
    let size: UInt64

    private let descriptor: FileDescriptor
    /// The owner of the descriptor, kept alive as long as this object.
    private let owner: AnyObject

    init(descriptor: FileDescriptor, size: UInt64, name: String, keeping owner: AnyObject) {
        self.descriptor = descriptor
        self.size = size
        self.name = name
        self.owner = owner
    }

    /// Fills `target` with the bytes at `offset`. It is an error if the file ends before.
    func read(at offset: UInt64, into target: UnsafeMutableRawBufferPointer) throws(InterchangeError) {
        var done = 0
        while done < target.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
            let read = try InterchangeError.attempt("read", name) {
                try descriptor.read(
                    fromAbsoluteOffset: Int64(offset) + Int64(done), into: rest, retryOnInterrupt: true)
            }
            guard read > 0 else {
                throw InterchangeError(
                    .invalidInput, "'\(name)' became shorter while it was being read; try again without changing it")
            }
            done += read
        }
    }

    /// Returns the `count` bytes at `offset`.
    func bytes(at offset: UInt64, count: Int) throws(InterchangeError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { buffer -> Result<Void, InterchangeError> in
            do throws(InterchangeError) {
                return .success(try read(at: offset, into: buffer))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        return bytes
    }
}

/// A temporary file without a name, for input that needs random access but does not support it.
///
/// It is created in `TMPDIR`, or /tmp, and is unlinked as soon as it is open, so the process never leaves it behind.
final class SpoolFile {
    private let descriptor: FileDescriptor
    private let name: String
    private var size: UInt64 = 0

    /// Creates an empty file. Messages call it the temporary copy of `name`.
    init(copyOf name: String) throws(InterchangeError) {
        self.name = "the temporary copy of \(name)"
        let directory = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        var template = Array("\(directory.isEmpty ? "/tmp" : directory)/sparsestore-XXXXXX".utf8CString)
        StandardDescriptors.occupy()
        let raw = mkstemp(&template)
        guard raw >= 0 else { throw .system(Errno(rawValue: errno), "create", self.name) }
        unlink(template)
        descriptor = FileDescriptor(rawValue: raw)
    }

    deinit {
        try? descriptor.close()
    }

    /// Copies at most `limit` bytes of `source`. Returns the number of bytes.
    func copy(from source: ByteSource, limit: UInt64) throws(InterchangeError) -> UInt64 {
        while size < limit {
            let piece = try source.read(count: Int(min(limit - size, UInt64(RawInput.bufferBytes))))
            if piece.isEmpty { break }
            try append(piece)
        }
        return size
    }

    /// Appends `bytes`.
    func append(_ bytes: [UInt8]) throws(InterchangeError) {
        let offset = Int64(size)
        _ = try InterchangeError.attempt("write", "\(name) in the folder TMPDIR") {
            try descriptor.writeAll(toAbsoluteOffset: offset, bytes)
        }
        size += UInt64(bytes.count)
    }

    /// The copy as a random-access file.
    func randomAccess(name: String) -> RandomAccessFile {
        RandomAccessFile(descriptor: descriptor, size: size, name: name, keeping: self)
    }
}
