internal import SparseInterchange

/// The result of a load.
struct LoadSummary {
    /// The number of documents that this load wrote.
    var accepted = 0
    /// The number of lines or rows that this load rejected.
    var rejected = 0
    /// The number of written documents that replaced a document with the same id.
    var replaced = 0
    /// The number of rejected lines or rows whose only problem is a bad weight.
    var rejectedForWeights = 0
    /// The number of bad weights left out of documents.
    var droppedWeights = 0
    /// The numbers of written and rejected documents, summed over all resumed loads of this input.
    var acceptedInAll = 0
    var rejectedInAll = 0
    /// The number of seconds from the first line to the last commit.
    var seconds = 0.0
    /// Whether the input was read to its end.
    var isComplete = false
    /// The number of documents in the store.
    var storeDocuments = 0
    /// The size of the store's file, in bytes.
    var fileBytes = 0
    /// The generation of the last commit.
    var generation: UInt64 = 0

    private var rate: Double { seconds > 0 ? Double(accepted) / seconds : 0 }
    private var bytesPerDocument: Double {
        storeDocuments > 0 ? Double(fileBytes) / Double(storeDocuments) : 0
    }

    var json: JSONValue {
        .object([
            ("documents", .integer(accepted)),
            ("replaced", .integer(replaced)),
            ("rejected", .integer(rejected)),
            ("dropped_weights", .integer(droppedWeights)),
            ("documents_in_all", .integer(acceptedInAll)),
            ("rejected_in_all", .integer(rejectedInAll)),
            ("complete", .bool(isComplete)),
            ("seconds", .number(Figures.rounded(seconds, 3))),
            ("documents_per_second", .number(Figures.rounded(rate, 1))),
            ("store_documents", .integer(storeDocuments)),
            ("file_bytes", .integer(fileBytes)),
            ("bytes_per_document", .number(Figures.rounded(bytesPerDocument, 1))),
            ("generation", .integer(Int(clamping: generation))),
        ])
    }

    var text: String {
        var table = TextTable()
        var documents = Figures.count(accepted)
        if acceptedInAll != accepted { documents += " (\(Figures.count(acceptedInAll)) including earlier loads)" }
        table.add("documents loaded", documents)
        if replaced > 0 { table.add("replaced", "\(Figures.count(replaced)) had the id of a stored document") }
        table.add("rejected", Figures.count(rejected))
        if droppedWeights > 0 { table.add("weights left out", Figures.count(droppedWeights)) }
        table.add("seconds", Figures.decimal(seconds, 2))
        table.add("documents/s", Figures.count(Int(rate)))
        table.add("documents in store", Figures.count(storeDocuments))
        table.add("file", "\(Figures.bytes(fileBytes)), \(Figures.count(Int(bytesPerDocument))) bytes per document")
        return table.text
    }
}
