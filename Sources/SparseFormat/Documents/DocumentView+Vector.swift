// The vector of a stored document. A compressed one needs a decoder; a plain one is read where it lies.

extension DocumentView {
    /// The exact vector.
    package func vector(_ decoder: DocumentDecoder) throws(FormatError) -> SparseVector {
        try withSection(decoder) { section throws(FormatError) in try section.vector() }
    }

    /// The inner product with a dense table of term weights.
    ///
    /// The one score of this library: Float products added up in ascending order of the terms.
    /// - Parameters:
    ///   - weightOf: `termLimit` weights.
    ///   - termLimit: Terms from here on count nothing.
    ///   - decoder: Needed for compressed vectors only.
    package func score(
        _ weightOf: UnsafePointer<Float>, termLimit: UInt32, decoder: DocumentDecoder? = nil
    ) throws(FormatError) -> Float {
        try withSection(decoder) { section throws(FormatError) in
            try section.score(weightOf, termLimit: termLimit)
        }
    }

    /// Calls the closure for each component, in ascending order of the terms.
    package func forEachComponent(
        decoder: DocumentDecoder? = nil, _ body: (TermID, Float) -> Void
    ) throws(FormatError) {
        try withSection(decoder) { section throws(FormatError) in try section.forEach(body) }
    }

    @inline(__always)
    private func withSection<Result>(
        _ decoder: DocumentDecoder?, _ body: (VectorSection) throws(FormatError) -> Result
    ) throws(FormatError) -> Result {
        do throws(FormatError) {
            guard hasCompressedVector else {
                return try body(try VectorSection(vectorBytes, termCount: termCount, isHalf: hasHalfVector))
            }
            guard let decoder else { throw FormatError(.decompression, "a compressed vector needs a decoder") }
            return try decoder.withVector(vectorBytes, termCount: termCount, dictionary: dictionary, body)
        } catch {
            throw located(error)
        }
    }
}
