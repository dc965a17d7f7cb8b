internal import Platform
internal import SystemPackage

/// Writes a run in the form trec_eval reads: 'query Q0 document rank score tag'.
public final class TRECRunWriter {
    private let descriptor: FileDescriptor
    private let name: String
    private let tag: String
    private var buffer: [UInt8] = []

    /// Creates the file at `path`, or empties it. The tag names the run in every line.
    public init(path: String, tag: String = "sparsestore") throws(InterchangeError) {
        name = path
        self.tag = tag
        StandardDescriptors.occupy()
        descriptor = try InterchangeError.attempt("write", path) {
            try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        }
    }

    deinit {
        try? descriptor.close()
    }

    /// Adds the answer to one query, best first. Nothing is sure to be in the file before `finish`.
    public func write(query: String, _ hits: [ScoredDocument]) throws(InterchangeError) {
        for (rank, hit) in hits.enumerated() {
            for id in [query, hit.id]
            where id.isEmpty || id.unicodeScalars.contains(where: { $0.properties.isWhitespace }) {
                throw InterchangeError(
                    .invalidInput, "an id with white space cannot stand in a TREC run; rename it, or leave '--run' out")
            }
            buffer.append(contentsOf: "\(query) Q0 \(hit.id) \(rank + 1) \(hit.score) \(tag)\n".utf8)
        }
        if buffer.count >= 64 << 10 { try flush() }
    }

    /// Writes what is still waiting.
    public func finish() throws(InterchangeError) {
        try flush()
    }

    private func flush() throws(InterchangeError) {
        let bytes = buffer
        _ = try InterchangeError.attempt("write", name) { try descriptor.writeAll(bytes) }
        buffer.removeAll(keepingCapacity: true)
    }
}
