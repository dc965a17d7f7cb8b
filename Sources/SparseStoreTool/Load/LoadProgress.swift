internal import Platform
internal import SparseInterchange

/// The progress of a load.
struct LoadProgress {
    /// The number of documents written by this load.
    var accepted: Int
    /// The number of lines or rows rejected by this load.
    var rejected: Int
    /// The fraction of the input that has been read; nil if the size is unknown.
    var fraction: Double?
    /// The number of seconds since this load began.
    var seconds: Double

    var rate: Double { seconds > 0 ? Double(accepted) / seconds : 0 }
}

/// Shows the progress of a load on standard error: a bar on a terminal, otherwise a line every few seconds.
final class ProgressReporter {
    private let isQuiet: Bool
    private let isTerminal: Bool
    private let fractionAtStart: Double
    private let write: (String) -> Void
    private var lastReport = 0.0
    private var lineIsOpen = false

    /// - Parameters:
    ///   - isQuiet: Whether only notes are written.
    ///   - isTerminal: Whether standard error is a terminal, where a line can be redrawn.
    ///   - fractionAtStart: The fraction of the input that earlier loads had read. The remaining time is estimated from
    ///     the speed of this load.
    init(
        isQuiet: Bool = false, isTerminal: Bool = isatty(STDERR_FILENO) == 1, fractionAtStart: Double = 0,
        write: @escaping (String) -> Void = Output.note
    ) {
        self.isQuiet = isQuiet
        self.isTerminal = isTerminal
        self.fractionAtStart = fractionAtStart
        self.write = write
    }

    /// Reports the progress if the last report is old enough.
    func update(_ progress: LoadProgress) {
        let interval = isTerminal ? 0.1 : 5
        guard !isQuiet, progress.seconds - lastReport >= interval else { return }
        lastReport = progress.seconds
        if isTerminal {
            write("\r\u{1B}[K" + Self.bar(progress, remaining: remaining(progress)))
            lineIsOpen = true
        } else {
            write(Self.line(progress) + "\n")
        }
    }

    /// Writes a line between the reports.
    func note(_ text: String) {
        clear()
        write(text + "\n")
    }

    /// Erases the bar.
    func clear() {
        guard lineIsOpen else { return }
        write("\r\u{1B}[K")
        lineIsOpen = false
    }

    private func remaining(_ progress: LoadProgress) -> Double? {
        guard let fraction = progress.fraction, fraction > fractionAtStart else { return nil }
        return progress.seconds / (fraction - fractionAtStart) * (1 - fraction)
    }

    /// The progress bar, in at most 79 characters.
    static func bar(_ progress: LoadProgress, remaining: Double?) -> String {
        var text = ""
        if let fraction = progress.fraction {
            text += ProgressLine.bar(fraction) + "  "
        }
        text += "\(Figures.count(progress.accepted)) documents  \(Figures.count(Int(progress.rate)))/s"
        if progress.rejected > 0 { text += "  \(Figures.count(progress.rejected)) rejected" }
        if let remaining { text += "  \(Figures.clock(remaining)) left" }
        return String(text.prefix(79))
    }

    static func line(_ progress: LoadProgress) -> String {
        var text = "loaded \(Figures.count(progress.accepted)) documents"
        if progress.rejected > 0 { text += ", \(Figures.count(progress.rejected)) rejected" }
        if let fraction = progress.fraction { text += ", \(Int(fraction * 100)) % of the input" }
        return text + ", \(Figures.count(Int(progress.rate))) documents/s"
    }
}

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
