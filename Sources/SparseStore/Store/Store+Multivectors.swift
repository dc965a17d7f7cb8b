internal import LMDB
public import SparseFormat

extension Store {
    /// Changes the codec of token vectors, for new ones immediately and for stored ones step by step.
    ///
    /// `pq32` is trained on at most about 32,000 of the store's token vectors; the same store and seed give the same
    /// codebook. A store that already has token vectors in `pq32` keeps its codebook. Each step is a separate
    /// transaction, and other writes can run between steps. Finished steps are kept if a later step fails or `progress`
    /// throws, and the next call continues from there. Until then, searches read both codecs.
    ///
    /// Only one call runs at a time across all threads and processes. Another call waits until the first ends, and then
    /// changes the codec again.
    ///
    /// Precision lost to a codec cannot be recovered. For the best quality, convert once, from `f16` to the smaller
    /// codec.
    ///
    /// - Parameters:
    ///   - codec: The new codec.
    ///   - seed: The seed of the training.
    ///   - progress: Called with the number of multivectors processed and their total, and often with 0 while the call
    ///     waits. It may throw to stop.
    /// - Throws: `codecNotTrained` if there is no multivector to train on, `busy` if called from the `progress` of
    ///   another call, the errors of writing (`diskFull`, `io`, `corrupted`, `readOnly`), and the errors of `progress`.
    public func encodeMultivectors(
        as codec: MultivectorCodec, seed: UInt64 = 1, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws {
        var trainer = CodebookTrainer()
        trainer.seed = seed
        try encodeMultivectors(as: codec, trainer, progress: progress)
    }

    /// The number of bytes of multivectors that one transaction processes.
    private static let bytesPerStep = 16 << 20

    func encodeMultivectors(
        as codec: MultivectorCodec, _ trainer: CodebookTrainer, bytesPerStep: Int = bytesPerStep,
        progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws {
        while true {
            let outcome = try SparseStoreError.translate {
                try encodingTurn.attempt {
                    try reportWaiting(progress)
                } begin: {
                    try Encoding.begin(file)
                } perform: { encoding in
                    try encode(as: codec, trainer, under: encoding.claim, bytesPerStep, progress)
                }
            }
            switch outcome {
            case .done, .nothing: return
            case .busy: try encodingTurn.pause { try reportWaiting(progress) }
            }
        }
    }

    /// A change of codec, which needs nothing but its claim.
    private struct Encoding: ClaimedWork {
        let claim: Claim

        static func begin(_ file: StoreFile) throws -> Encoding {
            try file.write { writer in
                var manifest = try writer.reader.meta.manifest()
                return Encoding(claim: try Claim.begin(.encoding, &manifest, writer))
            }
        }
    }

    private func reportWaiting(_ progress: (Int, Int) throws -> Void) throws {
        try progress(0, Int(clamping: try read { $0.multivectorSettings }?.documents ?? 0))
    }

    private func encode(
        as codec: MultivectorCodec, _ trainer: CodebookTrainer, under claim: Claim, _ bytesPerStep: Int,
        _ progress: (Int, Int) throws -> Void
    ) throws {
        let all = Int(clamping: try read { try $0.existingMultivectors.documents })
        var codebook: TokenCodebook?
        while try !write({ try $0.session.changeMultivectors(under: claim) { try $0.use(codec, codebook) } }) {
            codebook = try train(trainer, progress)
        }
        var next: UInt64? = 0
        var done = 0
        while let first = next {
            let step = try write { transaction in
                let step = try transaction.session.changeMultivectors(under: claim) {
                    try $0.encodeAgain(from: first, limit: bytesPerStep)
                }
                if step.next == nil { try transaction.session.end(claim) }
                return step
            }
            next = step.next
            done = next == nil ? all : done + step.count
            try progress(min(done, all), all)
        }
    }

    /// Trains a codebook on token vectors from the whole store.
    private func train(_ trainer: CodebookTrainer, _ progress: (Int, Int) throws -> Void) throws -> TokenCodebook {
        let (settings, samples) = try read { snapshot in
            let settings = try snapshot.existingMultivectors
            return (settings, try snapshot.sampleTokens(trainer.maximumSamples, settings))
        }
        guard !samples.isEmpty else {
            throw SparseStoreError.corrupted("the multivectors that the store has counted are missing")
        }
        return try trainer.train(samples, dimension: settings.dimension) { _, _ in
            try progress(0, Int(settings.documents))
        }
    }
}

extension Snapshot {
    /// Throws unless the store has multivectors.
    fileprivate var existingMultivectors: MultivectorSettings {
        get throws(SparseStoreError) {
            guard let settings = multivectorSettings, settings.documents > 0 else {
                throw SparseStoreError(
                    .codecNotTrained, problem: "the store has no multivectors to train or encode",
                    remedy: "write some first")
            }
            return settings
        }
    }

    /// Returns every n-th token of the store, with n large enough for at most `maximum` tokens.
    fileprivate func sampleTokens(_ maximum: Int, _ settings: MultivectorSettings) throws -> [Float] {
        let step = max(0, Int(clamping: settings.tokens) - 1) / maximum + 1
        var samples: [Float] = []
        var token = 0
        try SparseStoreError.wrap {
            try view.read { reader in
                let table = multivectors(reader)
                try table.forEach(from: 0) { _, view in
                    let wanted = (0..<view.count).filter { (token + $0).isMultiple(of: step) }
                    token += view.count
                    guard !wanted.isEmpty else { return true }
                    guard view.dimension == settings.dimension else {
                        throw SparseStoreError(
                            .corrupted,
                            problem: "a stored multivector has \(view.dimension) dimensions, but the store's setting "
                                + "is \(settings.dimension)",
                            remedy: "run 'repair'")
                    }
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
