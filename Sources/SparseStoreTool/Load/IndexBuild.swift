internal import SparseStore

/// The work that makes an index fast, which `build` does, and `load`, `split` and `merge` when they finish: merges the
/// segments, builds a block index if one was requested, and measures the recall and time of each effort.
struct IndexBuild {
    /// The settings of the block index; nil for none.
    var blocks: BlockSettings?
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
            if let blocks { try build(blocks, of: store, progress) }
            try tune(store, progress)
            return true
        } catch is Interrupted {
            return false
        } catch let error as SparseStoreError where error.code == .cancelled {
            return false
        }
    }

    private func merge(_ store: Store, _ progress: ProgressLine) throws {
        try store.optimize { segments in
            store.releaseMemory()
            if interrupted() { throw Interrupted() }
            progress.update("merging: \(Figures.count(segments)) segments left")
        }
    }

    private func build(_ blocks: BlockSettings, of store: Store, _ progress: ProgressLine) throws {
        try store.buildBlocks(blocks, isCancelled: interrupted) { step in
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
        try store.tune(seed: seed) { done, total in
            if interrupted() { throw Interrupted() }
            progress.update(
                "tuning: asked \(Figures.count(done)) of \(Figures.count(total)) queries",
                fraction: Double(done) / Double(max(1, total)))
        }
    }
}
