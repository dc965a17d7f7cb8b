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
