// The vector of a stored document, read in place.

extension DocumentView {
    /// The exact vector.
    package func vector() throws(FormatError) -> SparseVector {
        try withSection { section throws(FormatError) in try section.vector() }
    }

    /// Returns the inner product with a dense table of term weights.
    ///
    /// This is the definition of a score in this library: Float products summed in ascending order of the terms.
    /// - Parameters:
    /// - weightOf: A table of `termLimit` weights.
    /// - termLimit: Terms from this one on are ignored.
    package func score(_ weightOf: UnsafePointer<Float>, termLimit: UInt32) throws(FormatError) -> Float {
        try withSection { section throws(FormatError) in
            try section.score(weightOf, termLimit: termLimit)
        }
    }

    /// Calls the closure for each component, in ascending order of the terms.
    package func forEachComponent(_ body: (TermID, Float) -> Void) throws(FormatError) {
        try withSection { section throws(FormatError) in try section.forEach(body) }
    }

    @inline(__always)
    private func withSection<Result>(
        _ body: (VectorSection) throws(FormatError) -> Result
    ) throws(FormatError) -> Result {
        do throws(FormatError) {
            return try body(try VectorSection(vectorBytes, termCount: termCount, isHalf: hasHalfVector))
        } catch {
            throw located(error)
        }
    }
}
