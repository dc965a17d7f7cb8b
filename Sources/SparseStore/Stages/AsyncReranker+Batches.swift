extension AsyncReranker {
    /// Scores all inputs in batches, and returns the scores in the order of the inputs.
    ///
    /// - Throws: The errors of the model; `invalidArgument` if it returns the wrong number of scores or a score that is
    ///   not finite.
    func scores(_ inputs: [Input], _ options: BatchOptions) async throws -> [Float] {
        var starts = stride(from: 0, to: inputs.count, by: options.size).makeIterator()
        return try await withThrowingTaskGroup(of: (start: Int, scores: [Float]).self) { group in
            func addBatch() {
                guard let start = starts.next() else { return }
                let batch = Array(inputs[start...].prefix(options.size))
                group.addTask { (start, try await checked(batch)) }
            }
            for _ in 0..<min(options.concurrency, inputs.count) { addBatch() }
            var all = [Float](repeating: 0, count: inputs.count)
            while let (start, scores) = try await group.next() {
                all.replaceSubrange(start..<start + scores.count, with: scores)
                addBatch()
            }
            return all
        }
    }

    private func checked(_ batch: [Input]) async throws -> [Float] {
        let scores = try await scores(batch)
        guard scores.count == batch.count else {
            throw SparseStoreError(
                .invalidArgument,
                "the reranker returned \(scores.count) scores for \(batch.count) candidates; "
                    + "return one score per candidate"
            )
        }
        guard scores.allSatisfy(\.isFinite) else {
            throw SparseStoreError(
                .invalidArgument, "the reranker returned a score that is not finite; return finite scores")
        }
        return scores
    }
}
