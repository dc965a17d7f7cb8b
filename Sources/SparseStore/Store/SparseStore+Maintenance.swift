extension SparseStore {
    /// Merges the index into as few segments as hold its documents, without the removed ones, and keeps similar
    /// documents together. Searches are then as fast as they can be. One write transaction; searches go on meanwhile.
    ///
    /// - Throws: what writing can throw (`diskFull`, `io`, `corrupted`, `readOnly`).
    public func optimize() throws(SparseStoreError) {
        do {
            try write { try $0.session.optimize() }
        } catch let error as SparseStoreError {
            throw error
        } catch {
            throw SparseStoreError(.internalError, "an unexpected error: \(error)", cause: error)
        }
    }
}
