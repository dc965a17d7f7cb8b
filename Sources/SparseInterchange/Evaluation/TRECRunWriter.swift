internal import Platform
package import SystemPackage

/// Writes a run in the format of trec_eval: 'query Q0 document rank score tag'.
public final class TRECRunWriter {
    private let descriptor: FileDescriptor
    private let name: String
    private let tag: String
    private var buffer: [UInt8] = []

    /// Creates or truncates the file at `path`. The tag names the run in every line.
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

    /// Writes to an open file, and closes it when done.
    ///
    /// - Parameters:
    /// - descriptor: The file, which is empty or will be overwritten.
    /// - name: The name of the file in messages.
    package init(descriptor: FileDescriptor, name: String, tag: String = "sparsestore") {
        self.descriptor = descriptor
        self.name = name
        self.tag = tag
    }

    deinit {
        try? descriptor.close()
    }

    /// Adds the answer to one query, best first. The file is only complete after `finish`.
    public func write(query: String, _ hits: [ScoredDocument]) throws(InterchangeError) {
        for (rank, hit) in hits.enumerated() {
            for id in [query, hit.id] where !Self.isWord(id) {
                throw InterchangeError(
                    .invalidInput,
                    "a TREC run cannot contain an id that is empty or has white space or control characters; "
                        + "change the id, or leave out '--run'")
            }
            buffer.append(contentsOf: "\(query) Q0 \(hit.id) \(rank + 1) \(hit.score) \(tag)\n".utf8)
        }
        if buffer.count >= 64 << 10 { try flush() }
    }

    private static func isWord(_ id: String) -> Bool {
        !id.isEmpty
            && id.unicodeScalars.allSatisfy {
                !$0.properties.isWhitespace && $0.properties.generalCategory != .control
            }
    }

    /// Writes the buffered bytes.
    public func finish() throws(InterchangeError) {
        try flush()
    }

    private func flush() throws(InterchangeError) {
        let bytes = buffer
        _ = try InterchangeError.attempt("write", name) { try descriptor.writeAll(bytes) }
        buffer.removeAll(keepingCapacity: true)
    }
}
