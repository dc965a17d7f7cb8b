internal import SparseStore

/// The work that makes an index fast, which `build` does, and `load`, `split` and `merge` when they finish: merges the
/// segments, builds or extends a block index if one was requested or pays, and measures the recall and time of each
/// effort, with a block index also of searches that wait for the disk.
struct IndexBuild {
    /// Whether to build a block index. One that exists is kept in any case.
    var blocks = BlockChoice.never
    /// The settings of a new block index.
    var settings = BlockSettings()
    /// Whether a block index that exists is extended if possible, and not replaced.
    var mayExtend = true
    /// The random seed of the queries used for tuning.
    var seed: UInt64 = 1
    /// Whether to show no progress.
    var isQuiet = false
    /// Called often; returns whether to stop.
    var interrupted: () -> Bool = { InterruptFlag.isSet }

    private struct Interrupted: Error {}

    /// Builds the index of a store, and shows the progress. The pages of the file that a step has read are released,
    /// so that the memory of a build does not grow with the store.
    ///
    /// - Returns: Whether the build is finished. If it was interrupted, what was committed until then is kept.
    func run(on store: Store) throws -> Bool {
        let progress = ProgressLine(isQuiet: isQuiet)
        defer { progress.clear() }
        do {
            try merge(store, progress)
            if try blocks.isBuilt(for: BlockChoice.Facts(store)) { try buildBlocks(of: store, progress) }
            try tune(store, progress)
            return true
        } catch is Interrupted {
            return false
        } catch let error as SparseStoreError where error.code == .cancelled {
            return false
        }
    }

    private func merge(_ store: Store, _ progress: ProgressLine) throws {
        try store.optimize(keepingBlocks: mayExtend) { segments in
            store.releaseMemory()
            if interrupted() { throw Interrupted() }
            progress.update("merging: \(Figures.count(segments)) segments left")
        }
    }

    private func buildBlocks(of store: Store, _ progress: ProgressLine) throws {
        let extends = try mayExtend && store.canExtendBlocks()
        try store.buildBlocks(extends ? nil : settings, isCancelled: interrupted) { step in
            if step.step == .writing { store.releaseMemory() }
            guard step.lists > 0 else {
                return progress.update("reading \(Figures.count(step.documents)) documents for blocks")
            }
            progress.update(
                "building blocks: \(Figures.count(step.listsBuilt)) of \(Figures.count(step.lists)) lists",
                fraction: Double(step.listsBuilt) / Double(step.lists))
        }
    }

    private func tune(_ store: Store, _ progress: ProgressLine) throws {
        // With a block index, the fastest plan depends most on how much of the store memory can hold.
        let hasBlocks = try store.statistics().blocks != nil
        try store.tune(seed: seed, measuringColdPages: hasBlocks) { done, total in
            if interrupted() { throw Interrupted() }
            progress.update(
                "tuning: asked \(Figures.count(done)) of \(Figures.count(total)) queries",
                fraction: Double(done) / Double(max(1, total)))
        }
    }
}

/// When a command builds a block index.
enum BlockChoice: Equatable {
    case never, always
    /// From a number of documents on.
    case whenItPays

    /// The number of documents from which on a block index pays (Benchmarks/RESULTS.md, "Blocks on real documents").
    static let documentsToPay = 2_000_000

    /// - Parameters:
    ///   - asked: What the options ask for; nil for nothing.
    ///   - automatic: What the command does by itself.
    init(asked: Bool?, otherwise automatic: BlockChoice) {
        self = asked.map { $0 ? .always : .never } ?? automatic
    }

    /// What the choice depends on.
    struct Facts {
        var documents: Int
        /// The number of distinct terms.
        var terms: Int
        /// The number of documents in the block index that there is.
        var documentsInBlocks = 0
        /// Whether documents are scored by BM25, which a block index does not support.
        var usesBM25 = false
    }

    /// Returns whether to build a block index. A block index that nobody asked for is no reason to fail, and one that
    /// has all documents is not built again.
    func isBuilt(for facts: Facts) -> Bool {
        switch self {
        case .never: false
        case .always: true
        case .whenItPays:
            facts.documents >= Self.documentsToPay && facts.terms <= Limits.maximumBlockTerms && !facts.usesBM25
                && facts.documentsInBlocks < facts.documents
        }
    }
}

extension BlockChoice.Facts {
    init(_ store: Store) throws {
        let statistics = try store.statistics()
        documents = statistics.documents
        terms = statistics.terms
        documentsInBlocks = statistics.blocks?.documents ?? 0
        usesBM25 = if case .bm25 = try store.read({ $0.encoder?.scoring }) { true } else { false }
    }
}
