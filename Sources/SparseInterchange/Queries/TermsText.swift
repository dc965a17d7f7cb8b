public import SparseStore

/// Parses terms that a user has written as a JSON object: `{"swift": 1.2, "engine": 0.4}`.
public enum TermsText {
    /// Returns the terms in `text`. Zeros are dropped, so the array may be empty.
    ///
    /// - Parameters:
    /// - text: A JSON object.
    /// - acceptingNegative: Whether weights may be negative, as in queries.
    public static func parse(
        _ text: String, acceptingNegative: Bool = false
    ) throws(InterchangeError) -> [WeightedTerm] {
        var parser = DocumentParser(payload: .none, acceptingNegative: acceptingNegative)
        let result = Array(text.utf8).withUnsafeBufferPointer { bytes -> Result<[WeightedTerm], JSONFault> in
            do throws(JSONFault) {
                return .success(try parser.parseTerms(bytes))
            } catch {
                return .failure(error)
            }
        }
        do {
            return try result.get()
        } catch {
            throw InterchangeError(
                .invalidInput,
                "the terms are not a JSON object of weights (\(error.text)); "
                    + "write them as '{\"swift\": 1.2}'")
        }
    }

    /// Converts the terms to numbers, for a store whose terms are numbers.
    ///
    /// - Throws: `invalidInput`, which names the first bad term, if a term is not a decimal number from 0 to
    ///   4,294,967,295 or appears twice. "05" is not valid, because it would be a second spelling of 5.
    public static func numbers(_ terms: [WeightedTerm]) throws(InterchangeError) -> [TermID: Float] {
        var numbers: [TermID: Float] = [:]
        for term in terms {
            guard let number = TermID(term.term), TextKey(String(number)) == TextKey(term.term) else {
                throw InterchangeError(
                    .invalidInput,
                    "the terms of the store are numbers, but '\(term.term)' is not a number; "
                        + "use decimal numbers from 0 to \(TermID.max)")
            }
            guard numbers.updateValue(term.weight, forKey: number) == nil else {
                throw InterchangeError(.invalidInput, "the term '\(term.term)' appears twice; add up its weights")
            }
        }
        return numbers
    }
}
