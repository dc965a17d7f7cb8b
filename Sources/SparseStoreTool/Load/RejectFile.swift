internal import SparseInterchange
internal import SystemPackage

/// The file that lists rejected lines or rows: number, tab, reason. Of their content it has at most ids and terms.
final class RejectFile {
    private let descriptor: FileDescriptor
    private let path: String
    /// The absolute path, by which a later load recognizes the file.
    let absolutePath: String
    /// The size after the last committed batch.
    private(set) var committedBytes: UInt64
    private var pendingBytes: UInt64

    /// Opens or creates the file. Its content does not change until `keep` is called.
    ///
    /// - Parameter files: The files that it must not overwrite.
    init(path: String, sparing files: UsedFiles = UsedFiles()) throws {
        self.path = path
        do {
            let isRegular: Bool
            (descriptor, isRegular) = try OutputPath.open(path, option: "--rejects", sparing: files)
            guard isRegular else {
                throw CommandFailure(.usage, "--rejects '\(path)' is not a regular file; name a regular file")
            }
            committedBytes = UInt64(try descriptor.seek(offset: 0, from: .end))
            pendingBytes = committedBytes
            absolutePath = OutputPath.absolute(path)
        } catch let errno as Errno {
            throw Self.failure(errno, path)
        }
    }

    /// Truncates the file to `bytes`, the size that an interrupted load had committed, or to zero.
    func keep(first bytes: UInt64) throws {
        do {
            committedBytes = min(bytes, committedBytes)
            pendingBytes = committedBytes
            try descriptor.resize(to: Int64(committedBytes))
        } catch let errno as Errno {
            throw Self.failure(errno, path)
        }
    }

    deinit {
        try? descriptor.close()
    }

    /// Writes the rejects of the batch that is about to be committed, replacing those of an earlier attempt. Returns
    /// the new size of the file.
    func stage(_ rejects: [Reject]) throws -> UInt64 {
        do {
            if pendingBytes != committedBytes { try descriptor.resize(to: Int64(committedBytes)) }
            let text = rejects.map(Self.line).joined()
            pendingBytes = committedBytes + UInt64(text.utf8.count)
            if !text.isEmpty { try descriptor.writeAll(toAbsoluteOffset: Int64(committedBytes), text.utf8) }
            return pendingBytes
        } catch let errno as Errno {
            throw Self.failure(errno, path)
        }
    }

    /// Records that the batch and its rejects are committed.
    func commit() { committedBytes = pendingBytes }

    private static func line(_ reject: Reject) -> String {
        let reason = reject.reason.map { $0 == "\t" || $0.isNewline ? " " : String($0) }.joined()
        return "\(reject.number)\t\(reason)\n"
    }

    private static func failure(_ errno: Errno, _ path: String) -> CommandFailure {
        CommandFailure(
            errno == .noSpace ? .diskFull : .io,
            "cannot write the rejects to '\(path)': \(errno); name another file with --rejects")
    }
}
