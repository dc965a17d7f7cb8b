import SparseInterchange
import SparseStore

/// Writes documents one a commit, and says `ok` after each that was acknowledged. A commit that fails is tried once
/// more, on a new handle if the old one asks for it; before that, nothing of it may be seen.
struct AcknowledgingWriter {
    let path: String
    let configuration: Configuration
    /// Whether to compact before every third commit. If that fails, the commit must not.
    let isCompacting: Bool
    private var store: Store

    init(path: String, configuration: Configuration, isCompacting: Bool) throws {
        self.path = path
        self.configuration = configuration
        self.isCompacting = isCompacting
        store = try Store.open(at: path, configuration: configuration)
    }

    mutating func write(_ documents: some Sequence<Document>) throws {
        for (index, document) in documents.enumerated() {
            if isCompacting, index % 3 == 1 { try compact() }
            do {
                try commit(document)
            } catch let error as SparseStoreError {
                complain(error)
                say("failed \(error.code)")
                if error.code == .needsReopen { try reopen() }
                do {
                    try commitUnseen(document)
                } catch let error as SparseStoreError where error.code == .needsReopen {
                    // The failure has left the handle unusable, and only this call has learned of it.
                    try reopen()
                    try commitUnseen(document)
                }
            }
            say("ok \(document.id)")
        }
        store.close()
    }

    private mutating func compact() throws {
        do {
            try store.compact()
        } catch {
            complain(error)
            if error.code == .needsReopen { try reopen() }
        }
    }

    private func commit(_ document: Document) throws {
        try store.write { try $0.upsert(document) }
    }

    private func commitUnseen(_ document: Document) throws {
        if try store.document(document.id) == document { say("problem \(document.id) is seen, but its commit failed") }
        try commit(document)
    }

    private mutating func reopen() throws {
        store.close()
        store = try Store.open(at: path, configuration: configuration)
    }
}

/// The documents of a file of JSON Lines.
func documents(in path: String) throws -> [Document] {
    let reader = try JSONLinesReader(source: ByteSource(path: path))
    var documents: [Document] = []
    while let row = try reader.next() {
        if case .document(let document, _) = row { documents.append(document) }
    }
    return documents
}
