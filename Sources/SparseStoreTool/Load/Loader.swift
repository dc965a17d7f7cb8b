internal import SparseInterchange
internal import SparseStore
internal import SparseText

/// Writes documents into a store in batches. The transaction of each batch also records the position in the input.
///
/// Memory: three batches of at most `MemoryOption.batchBytes` (one being read, one waiting, one being written), the
/// reader's own buffers, and the engine's memory for one transaction or one window.
final class Loader {
    /// The maximum number of rejects that are printed during the load.
    private static let shownRejects = 5

    private let store: Store
    private let bookmarkName: String
    private let rejectFile: RejectFile?
    private let reporter: ProgressReporter
    private let interrupted: () -> Bool
    private let unit: String

    private var bookmark: LoadBookmark
    /// The ids of the input so far, for a strict load.
    private var seen: Set<TextKey>?
    private var summary = LoadSummary()
    private let watch = Stopwatch()

    /// - Parameters:
    ///   - bookmark: The position at which the load begins, with the counts up to there.
    ///   - bookmarkName: The name under which the position is stored.
    ///   - rejectFile: The file for rejects; nil for none.
    ///   - reporter: Shows the progress.
    ///   - isStrict: Whether to end the load at the first reject, and at an id that appears twice in the input.
    ///   - interrupted: Called between batches; returns whether to stop.
    init(
        store: Store, bookmark: LoadBookmark, bookmarkName: String, rejectFile: RejectFile? = nil,
        reporter: ProgressReporter, isStrict: Bool = false, interrupted: @escaping () -> Bool = { InterruptFlag.isSet }
    ) {
        self.store = store
        self.bookmark = bookmark
        self.bookmarkName = bookmarkName
        self.rejectFile = rejectFile
        self.reporter = reporter
        self.interrupted = interrupted
        seen = isStrict ? [] : nil
        unit = InputFormat(rawValue: bookmark.format)?.unit ?? "line"
    }

    /// Loads all documents of `reader`. A separate thread reads the next batch while one is written, and owns `reader`
    /// from here on.
    ///
    /// If the load is interrupted, it commits the documents read so far and returns a summary whose `isComplete` is
    /// false.
    ///
    /// - Parameters:
    ///   - batches: The limits at which a batch is complete.
    ///   - build: What builds the index at the end; nil to leave it in segments.
    ///   - codec: The codec that all token vectors are converted to at the end; nil to leave them.
    func run(
        _ reader: any DocumentReader, batches: BatchLimits, build: IndexBuild?, codec: MultivectorCodec? = nil
    ) throws -> LoadSummary {
        let queue = BatchQueue(batches)
        // The reader is handed over, not shared: this thread does not use it again.
        nonisolated(unsafe) let producer = BatchProducer(reader: reader)
        // The thread is not joined, because it may wait for standard input. It ends with the process.
        _ = try WorkerThread { producer.run(into: queue) }
        defer { queue.cancel() }
        defer { reporter.clear() }
        loop: while let item = queue.take(interrupted: interrupted) {
            switch item {
            case .batch(let batch):
                try write(batch)
                if build != nil { try merge() }
            case .failure(let failure):
                throw CommandFailure(failure.status, failure.message + remark)
            case .end:
                summary.isComplete = true
                break loop
            }
        }
        if let codec, summary.isComplete { try encode(as: codec) }
        if var build, summary.isComplete {
            build.interrupted = interrupted
            reporter.clear()
            // The documents are committed by then, and `build` can continue the work.
            if try !build.run(on: store) {
                reporter.note("merging and tuning the index is not finished; run 'build' to finish it")
            }
        }
        return try finish()
    }

    /// Merges small segments, so that a load of many small batches does not end with as many segments.
    private func merge() throws {
        do {
            try store.maintain(isCancelled: interrupted) { progress in
                if progress.step == .writing { store.releaseMemory() }
            }
            store.releaseMemory()
        } catch let error as SparseStoreError where error.code == .cancelled {
            // The load was interrupted, so the next batch is not written either.
        }
    }

    /// Converts token vectors that are stored with another codec, unless interrupted. The next load continues.
    private func encode(as codec: MultivectorCodec) throws {
        struct Stop: Error {}
        guard let kept = try store.statistics().multivectors, kept.documents > 0,
            kept.codec != codec || kept.outdated > 0
        else { return }
        do {
            try store.encodeMultivectors(as: codec) { _, _ in
                store.releaseMemory()
                if interrupted() { throw Stop() }
            }
        } catch is Stop {
            reporter.note("not all token vectors are \(codec) yet; run the same load with --resume to continue")
        }
    }

    /// Writes one batch in one transaction.
    func write(_ batch: LoadBatch) throws {
        try checkStrictly(batch)
        let isStrict = seen != nil
        let (rejects, replaced, next) = try store.write { transaction in
            // This may run more than once. It changes no outside state, and rewrites the rejects of this batch.
            var rejects = batch.rejects
            var replaced = 0
            for (number, document) in batch.documents {
                do {
                    let isReplacing = try transaction.contains(document.id)
                    try transaction.upsert(document)
                    if isReplacing { replaced += 1 }
                } catch let error as SparseStoreError where error.isAboutTheDocument {
                    if isStrict { throw self.irregular(number, error.message) }
                    rejects.append(Reject(number: number, reason: error.message))
                }
            }
            rejects.sort { $0.number < $1.number }
            var next = self.bookmark
            next.offset = batch.position.offset
            next.number = batch.position.number
            next.accepted += batch.documents.count + batch.rejects.count - rejects.count
            next.rejected += rejects.count
            next.rejectFile = self.rejectFile?.absolutePath
            next.rejectBytes = try self.rejectFile?.stage(rejects) ?? 0
            try transaction.setBookmark(self.bookmarkName, to: try next.encoded())
            return (rejects, replaced, next)
        }
        rejectFile?.commit()
        // Mapped pages of the file count as memory of the process. Without this, a load would appear to use as much
        // memory as the file is large.
        store.releaseMemory()
        show(rejects)
        summary.accepted += next.accepted - bookmark.accepted
        summary.replaced += replaced
        summary.rejected += rejects.count
        summary.rejectedForWeights += rejects.count { $0.concernsWeight }
        summary.droppedWeights = batch.droppedWeights
        bookmark = next
        reporter.update(
            LoadProgress(
                accepted: summary.accepted, rejected: summary.rejected, fraction: batch.progress,
                seconds: watch.seconds))
    }

    /// Refuses a batch with a problem that a strict load does not ignore.
    private func checkStrictly(_ batch: LoadBatch) throws {
        guard seen != nil else { return }
        var faults = batch.rejects
        for (number, document) in batch.documents where seen?.insert(TextKey(document.id)).inserted == false {
            faults.append(Reject(number: number, reason: "the id appears earlier in the input"))
        }
        if let first = faults.min(by: { $0.number < $1.number }) { throw irregular(first.number, first.reason) }
    }

    private func irregular(_ number: Int, _ reason: String) -> CommandFailure {
        CommandFailure(
            .invalidInput,
            "\(unit) \(number): \(reason); --strict ends the load before this batch; correct the input, "
                + "or leave --strict out" + remark)
    }

    /// The figures so far, with the state of the store.
    func finish() throws -> LoadSummary {
        summary.seconds = watch.seconds
        summary.acceptedInAll = bookmark.accepted
        summary.rejectedInAll = bookmark.rejected
        let statistics = try store.statistics()
        summary.storeDocuments = statistics.documents
        summary.fileBytes = statistics.fileBytes
        summary.generation = statistics.generation
        return summary
    }

    private var remark: String {
        bookmark.accepted == 0 ? "" : "; \(Figures.count(bookmark.accepted)) documents had been loaded before"
    }

    private func show(_ rejects: [Reject]) {
        for (index, reject) in rejects.enumerated() {
            let count = summary.rejected + index
            if count < Self.shownRejects { reporter.note("rejected \(unit) \(reject.number): \(reject.reason)") }
            if count == Self.shownRejects { reporter.note("further rejects are counted but not shown") }
        }
    }
}

extension SparseStoreError {
    /// Whether the error concerns a single document, so that the others can still be stored.
    fileprivate var isAboutTheDocument: Bool {
        [.invalidArgument, .invalidVector, .limitExceeded, .dimensionMismatch, .attributeTypeMismatch].contains(code)
    }
}

/// A reader that encodes the texts of another reader into vectors.
final class EncodingReader: DocumentReader {
    private let texts: TextReader
    private let encoder: any TextEncoder
    private let keepsText: Bool
    private let acceptsEmptyVectors: Bool

    init(_ texts: TextReader, _ encoder: any TextEncoder, keepsText: Bool, acceptsEmptyVectors: Bool) {
        self.acceptsEmptyVectors = acceptsEmptyVectors
        self.texts = texts
        self.encoder = encoder
        self.keepsText = keepsText
    }

    var format: InputFormat { texts.format }
    var position: InputPosition { texts.position }
    var progress: Double? { texts.progress }
    var inputSize: UInt64? { texts.inputSize }

    func next() throws(InterchangeError) -> DocumentRow? {
        let row = try texts.next()
        guard case .document(var document, let number)? = row else { return row }
        let text = String(decoding: document.payload ?? [], as: UTF8.self)
        do throws(SparseStoreError) {
            let terms = try encoder.encode(document: text)
            guard !terms.isEmpty || acceptsEmptyVectors else {
                return .reject(Reject(number: number, reason: "the text has no terms; try --empty-vectors"))
            }
            document.content = terms.isEmpty ? nil : .terms(terms)
        } catch {
            return .reject(Reject(number: number, reason: error.message))
        }
        if !keepsText { document.payload = nil }
        return .document(document, number: number)
    }
}
