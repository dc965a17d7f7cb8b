internal import SparseInterchange
internal import SparseStore

/// Writes documents into a store, batch by batch, with the place in the input in the same transaction.
///
/// Memory: three batches of at most `MemoryOption.batchBytes` (one being read, one waiting, one being written), the
/// reader's own buffers, and what the engine takes for one transaction or one window.
final class Loader {
    /// How many rejects are shown as they come.
    static let shownRejects = 5

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
    ///   - bookmark: where the load begins, with the counts up to there.
    ///   - bookmarkName: under which name the place is kept.
    ///   - rejectFile: where rejects go.
    ///   - reporter: who shows the progress.
    ///   - isStrict: end the load at the first reject, and at an id that has been in the input before.
    ///   - interrupted: asked between batches whether to stop.
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

    /// Loads all that `reader` gives, reading the next batch on a thread of its own while one is written.
    ///
    /// When it is interrupted it commits what was read and returns a summary that is not complete.
    /// `reader` belongs to that thread from here on.
    ///
    /// - Parameters:
    ///   - batches: when a batch is written.
    ///   - isBuilding: merge the index at the end.
    ///   - blocks: how a block index is built then; nil for none.
    ///   - seed: of the queries that it is then tuned with.
    ///   - codec: encode token vectors anew at the end, where they are kept otherwise.
    func run(
        _ reader: any DocumentReader, batches: BatchLimits, isBuilding: Bool = true,
        blocks: BlockSettings? = nil, seed: UInt64 = 1, codec: MultivectorCodec? = nil
    ) throws -> LoadSummary {
        let queue = BatchQueue(batches)
        // Handed over, not shared: nobody here uses the reader again.
        nonisolated(unsafe) let producer = BatchProducer(reader: reader)
        // Not joined: a thread that waits for standard input ends with the process.
        _ = try WorkerThread { producer.run(into: queue) }
        defer { queue.cancel() }
        defer { reporter.clear() }
        loop: while let item = queue.take(interrupted: interrupted) {
            switch item {
            case .batch(let batch):
                try write(batch)
                if isBuilding { try merge() }
            case .failure(let failure):
                throw CommandFailure(failure.status, failure.message + remark)
            case .end:
                summary.isComplete = true
                break loop
            }
        }
        if let codec, summary.isComplete { try encode(as: codec) }
        if isBuilding, summary.isComplete { try build(blocks, seed: seed) }
        return try finish()
    }

    /// Merges what has piled up, so that a load of many small batches does not end with as many segments.
    private func merge() throws {
        do {
            try store.maintain(isCancelled: interrupted) { progress in
                if progress.step == .writing { store.releaseMemory() }
            }
            store.releaseMemory()
        } catch let error as SparseStoreError where error.code == .cancelled {
            // The next batch is not written either.
        }
    }

    /// Merges the index and measures what recall its efforts reach, unless someone interrupts: what is loaded is safe,
    /// and `build` can go on.
    private func build(_ blocks: BlockSettings?, seed: UInt64) throws {
        struct Stop: Error {}
        do {
            try store.optimize { _ in
                store.releaseMemory()
                if interrupted() { throw Stop() }
            }
            if let blocks {
                try store.buildBlocks(blocks, isCancelled: interrupted) { progress in
                    if progress.step == .writing { store.releaseMemory() }
                }
            }
            try store.tune(seed: seed) { _, _ in if interrupted() { throw Stop() } }
        } catch let error where error is Stop || (error as? SparseStoreError)?.code == .cancelled {
            reporter.note("the index was not merged and tuned to the end; 'build' does")
        }
    }

    /// Encodes token vectors that are kept otherwise, unless someone interrupts: the next load goes on.
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
            reporter.note("the token vectors are not all \(codec) yet; the same load with --resume goes on")
        }
    }

    /// Writes one batch in one transaction.
    func write(_ batch: LoadBatch) throws {
        try checkStrictly(batch)
        let isStrict = seen != nil
        let (rejects, replaced, next) = try store.write { transaction in
            // This may run more than once: nothing outside changes, and the file of rejects is written anew.
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
            try transaction.setBookmark(self.bookmarkName, try next.encoded())
            return (rejects, replaced, next)
        }
        rejectFile?.commit()
        // What the map shows of the file counts as ours: without this a load would seem to need the whole file.
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

    /// Refuses a batch with anything that a strict load does not pass over.
    private func checkStrictly(_ batch: LoadBatch) throws {
        guard seen != nil else { return }
        var faults = batch.rejects
        for (number, document) in batch.documents where seen?.insert(TextKey(document.id)).inserted == false {
            faults.append(Reject(number: number, reason: "the id has stood in the input before"))
        }
        if let first = faults.min(by: { $0.number < $1.number }) { throw irregular(first.number, first.reason) }
    }

    private func irregular(_ number: Int, _ reason: String) -> CommandFailure {
        CommandFailure(
            .invalidInput,
            "\(unit) \(number): \(reason); --strict ends the load here, without the batch it stands in: correct the input, "
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
        bookmark.accepted == 0 ? "" : "; \(Figures.count(bookmark.accepted)) documents were loaded before"
    }

    private func show(_ rejects: [Reject]) {
        for (index, reject) in rejects.enumerated() {
            let count = summary.rejected + index
            if count < Self.shownRejects { reporter.note("rejected \(unit) \(reject.number): \(reject.reason)") }
            if count == Self.shownRejects { reporter.note("further rejects are counted, not shown") }
        }
    }
}

extension SparseStoreError {
    /// Whether it says that one document cannot be stored, and nothing about the others.
    fileprivate var isAboutTheDocument: Bool {
        [.invalidArgument, .invalidVector, .limitExceeded, .dimensionMismatch, .attributeTypeMismatch].contains(code)
    }
}
