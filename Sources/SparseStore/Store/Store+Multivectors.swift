internal import LMDB
public import SparseFormat

extension Store {
    /// Changes how token vectors are kept: those to come, and step by step those that are stored.
    ///
    /// `pq32` is trained for it, from at most some 32,000 of the store's token vectors; the same store and seed give the
    /// same codebook. Each step is a transaction of its own, and other writes come in between. What is done is kept when
    /// a later step fails; until the next call ends, some multivectors are in the old codec, and searches use both.
    ///
    /// What a codec has rounded away does not come back: for the best quality, go to a smaller codec from `f16`, once. A
    /// store that is in `pq32` already keeps its codebook.
    ///
    /// - Parameters:
    ///   - codec: the codec to change to.
    ///   - seed: of the training.
    ///   - progress: called with multivectors looked at, and in all; may throw to stop.
    /// - Throws: `codecNotTrained` when there is no multivector to train from, what writing can throw (`diskFull`, `io`,
    ///   `corrupted`, `readOnly`), and what `progress` throws.
    public func encodeMultivectors(
        as codec: MultivectorCodec, seed: UInt64 = 1, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws {
        var trainer = CodebookTrainer()
        trainer.seed = seed
        try encodeMultivectors(as: codec, trainer, progress: progress)
    }

    /// Bytes of multivectors that one transaction looks at.
    private static let bytesPerStep = 16 << 20

    func encodeMultivectors(
        as codec: MultivectorCodec, _ trainer: CodebookTrainer, bytesPerStep: Int = bytesPerStep,
        progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws {
        let settings = try read { $0.multivectorSettings }
        guard let settings, settings.documents > 0 else {
            throw SparseStoreError(
                .codecNotTrained, "the store has no multivectors to train or encode; write some first")
        }
        if settings.codec != codec {
            let codebook = codec.isTrained ? try train(trainer, settings, progress) : nil
            try write { try $0.session.changeMultivectors { try $0.use(codec, codebook) } }
        }
        var next: UInt64? = 0
        var done = 0
        while let first = next {
            let step = try write { transaction in
                try transaction.session.changeMultivectors { multivectors in
                    let step = try multivectors.encodeAgain(from: first, limit: bytesPerStep)
                    if step.next == nil { try multivectors.removeOldCodebooks() }
                    return step
                }
            }
            next = step?.next
            done = next == nil ? Int(settings.documents) : done + (step?.count ?? 0)
            try progress(min(done, Int(settings.documents)), Int(settings.documents))
        }
    }

    /// A codebook of token vectors from all over the store.
    private func train(
        _ trainer: CodebookTrainer, _ settings: MultivectorSettings, _ progress: (Int, Int) throws -> Void
    ) throws -> TokenCodebook {
        let samples = try read { try $0.sampleTokens(trainer.maximumSamples, settings) }
        guard !samples.isEmpty else {
            throw SparseStoreError(.corrupted, "the store's multivectors are counted and not there; restore a backup")
        }
        return try trainer.train(samples, dimension: settings.dimension) { _, _ in
            try progress(0, Int(settings.documents))
        }
    }
}

extension Snapshot {
    /// Every n-th token of the store, n so large that there are at most `maximum`.
    fileprivate func sampleTokens(_ maximum: Int, _ settings: MultivectorSettings) throws -> [Float] {
        let step = max(0, Int(clamping: settings.tokens) - 1) / maximum + 1
        var samples: [Float] = []
        var token = 0
        try SparseStoreError.wrap {
            try withReader { reader in
                let table = multivectors(reader)
                try table.forEach(from: 0) { _, view in
                    let wanted = (0..<view.count).filter { (token + $0).isMultiple(of: step) }
                    token += view.count
                    guard !wanted.isEmpty else { return true }
                    let codebook = try view.codebook == 0 ? nil : table.codebook(view.codebook)
                    let multivector = try view.multivector(codebook)
                    for row in wanted { samples += multivector[row] }
                    return samples.count < maximum * settings.dimension
                }
            }
        }
        return samples
    }
}
