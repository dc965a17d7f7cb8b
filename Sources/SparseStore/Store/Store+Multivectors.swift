internal import LMDB
public import SparseFormat

extension Store {
    /// Changes how token vectors are kept: those to come, and step by step those that are stored.
    ///
    /// `pq32` is trained for it, from at most some 32,000 of the store's token vectors; the same store and seed give the
    /// same codebook. A store in which token vectors are in `pq32` already keeps their codebook. Each step is a transaction
    /// of its own, and other writes come in between. What is done is kept when a later step fails or `progress` throws; the
    /// next call goes on, and until then searches use both codecs.
    ///
    /// One call at a time encodes, over all threads and processes: another one waits until the first has ended, and then
    /// changes the codec again.
    ///
    /// What a codec has rounded away does not come back: for the best quality, go to a smaller codec from `f16`, once.
    ///
    /// - Parameters:
    ///   - codec: the codec to change to.
    ///   - seed: of the training.
    ///   - progress: called with multivectors looked at, and in all, and often with 0 while the call waits; may throw to
    ///     stop.
    /// - Throws: `codecNotTrained` when there is no multivector to train from, `busy` when it is called from the `progress`
    ///   of another call, what writing can throw (`diskFull`, `io`, `corrupted`, `readOnly`), and what `progress` throws.
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
        while true {
            let outcome = try SparseStoreError.translate {
                try encodingTurn.attempt {
                    try reportWaiting(progress)
                } begin: {
                    try Encoding.begin(environment, source.tables)
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

    /// The change of a codec, which needs no more than its claim.
    private struct Encoding: ClaimedWork {
        let claim: Claim

        static func begin(_ environment: Environment, _ tables: Tables) throws -> Encoding {
            try environment.write { transaction in
                var manifest = try MetaTable(tables: tables, reader: transaction.reader).manifest()
                return Encoding(claim: try Claim.begin(.encoding, &manifest, tables, transaction.writer))
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

    /// A codebook of token vectors from all over the store.
    private func train(_ trainer: CodebookTrainer, _ progress: (Int, Int) throws -> Void) throws -> TokenCodebook {
        let (settings, samples) = try read { snapshot in
            let settings = try snapshot.existingMultivectors
            return (settings, try snapshot.sampleTokens(trainer.maximumSamples, settings))
        }
        guard !samples.isEmpty else {
            throw SparseStoreError(.corrupted, "the store's multivectors are counted and not there; restore a backup")
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
                    .codecNotTrained, "the store has no multivectors to train or encode; write some first")
            }
            return settings
        }
    }

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
                    guard view.dimension == settings.dimension else {
                        throw SparseStoreError(
                            .corrupted,
                            "token vectors have \(view.dimension) dimensions and the store's have "
                                + "\(settings.dimension); 'repair' makes a sound store")
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
