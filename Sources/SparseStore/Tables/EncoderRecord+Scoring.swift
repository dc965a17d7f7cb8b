internal import SparseFormat

extension EncoderRecord {
    /// Returns the scoring of counts for a number of live documents; nil if documents are scored by their weights.
    func scoring(documents: UInt64) -> BM25Function? {
        bm25.map { parameters in
            // Without documents there is nothing to score.
            let average = Float(Double(length) / Double(max(1, documents)))
            return BM25Function(parameters, averageLength: average > 0 ? average : 1)
        }
    }

    var description: EncoderDescription {
        EncoderDescription(
            name: name, fingerprint: fingerprint, parameters: parameters,
            scoring: bm25.map { .bm25(k1: $0.k1, b: $0.b) } ?? .innerProduct)
    }

    /// - Throws: `invalidArgument` for values that a record cannot hold.
    init(_ description: EncoderDescription) throws(SparseStoreError) {
        let nameBytes = description.name.utf8.count
        guard (1...Self.maximumNameBytes).contains(nameBytes) else {
            throw SparseStoreError(
                .invalidArgument,
                "an encoder name has \(nameBytes) bytes; use 1...\(Self.maximumNameBytes)")
        }
        guard description.parameters.utf8.count <= Self.maximumParameterBytes else {
            throw SparseStoreError(
                .invalidArgument,
                "the parameters of an encoder have \(description.parameters.utf8.count) bytes; "
                    + "use at most \(Self.maximumParameterBytes)")
        }
        self.init(name: description.name, fingerprint: description.fingerprint, parameters: description.parameters)
        if case .bm25(let k1, let b) = description.scoring {
            let parameters = BM25Parameters(k1: k1, b: b)
            guard parameters.isValid else {
                throw SparseStoreError(.invalidArgument, "BM25 needs k1 in 0...1000 and b in 0...1; got \(k1) and \(b)")
            }
            bm25 = parameters
        }
    }
}
