internal import Platform
internal import SystemPackage

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A temporary file without a name, for input that has to be read out of order and cannot be.
///
/// It lies in `TMPDIR`, or /tmp, and is unlinked as soon as it is open, so that no end of the process leaves it behind.
final class SpoolFile {
    private let descriptor: FileDescriptor
    private let name: String
    private var size: UInt64 = 0

    /// An empty file; messages call it the temporary copy of `name`.
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

    /// Copies at most `limit` bytes of `source` and returns how many there were.
    func copy(from source: ByteSource, limit: UInt64) throws(InterchangeError) -> UInt64 {
        while size < limit {
            let piece = try source.read(count: Int(min(limit - size, UInt64(RawInput.bufferBytes))))
            if piece.isEmpty { break }
            try append(piece)
        }
        return size
    }

    /// Writes `bytes` behind what is there.
    func append(_ bytes: [UInt8]) throws(InterchangeError) {
        let offset = Int64(size)
        _ = try InterchangeError.attempt("write", "\(name) (TMPDIR says where)") {
            try descriptor.writeAll(toAbsoluteOffset: offset, bytes)
        }
        size += UInt64(bytes.count)
    }

    /// The copy, for reading at any place.
    func randomAccess(name: String) -> RandomAccessFile {
        RandomAccessFile(descriptor: descriptor, size: size, name: name, keeping: self)
    }
}
