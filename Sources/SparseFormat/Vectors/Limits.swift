// All limits. FORMAT.md, "Limits", lists those of the format, and tests check both sides of each.

/// The limits of stores, queries and filters.
///
/// A value inside these limits can be stored and read back unchanged; a value outside is refused with an error
/// that names the limit. Nothing is cut off silently.
public enum Limits {
    /// The maximum number of terms of a vector; the minimum is one.
    public static let maximumTermsPerVector = 65_535
    /// The weights a vector may hold. Zero, negative, infinite and NaN weights lie outside.
    public static let weights: ClosedRange<Float> = 1e-15...1e15
    /// The maximum number of UTF-8 bytes of an external document identifier; the minimum is one.
    public static let maximumIdentifierBytes = 500
    /// The maximum number of UTF-8 bytes of a term's name; the minimum is one.
    public static let maximumTermBytes = 400
    /// The maximum number of bytes of one document's payload, before compression.
    public static let maximumPayloadBytes = 64 * 1024 * 1024
    /// The maximum number of tags of one document.
    public static let maximumTagsPerDocument = 256
    /// The maximum number of UTF-8 bytes of one tag; the minimum is one.
    public static let maximumTagBytes = 200
    /// The maximum number of attributes of one document.
    public static let maximumAttributesPerDocument = 64
    /// The maximum number of UTF-8 bytes of an attribute's name; the minimum is one.
    public static let maximumAttributeNameBytes = 100
    /// The maximum number of UTF-8 bytes of a string that is an attribute's value, or an element of one.
    public static let maximumAttributeStringBytes = 200
    /// The maximum number of elements in an attribute value that is a list.
    public static let maximumAttributeListCount = 1_024
    /// The maximum number of bytes of all attributes of one document as they are stored, names included.
    public static let maximumAttributeBytes = 65_535
    /// The maximum number of names of attributes that the documents of one store may have had.
    public static let maximumAttributeNames = 1_024
    /// The maximum number of token vectors of a document; the minimum is one.
    public static let maximumTokensPerMultivector = 4_096
    /// The maximum number of components of a token vector; the minimum is one.
    public static let maximumDimension = 1_024
    /// The range of the components of a token vector, which is that of half precision. NaN is outside.
    public static let components: ClosedRange<Float> = -65_504...65_504
    /// The maximum number of token vectors of a query.
    public static let maximumQueryTokens = 512
    /// The maximum number of terms of one query.
    public static let maximumQueryTerms = 65_535
    /// The maximum number of results of a search (its `limit`).
    public static let maximumResults = 1_000_000
    /// The maximum number of bytes of one bookmark.
    public static let maximumBookmarkBytes = 64 * 1024
    /// The maximum number of UTF-8 bytes of a bookmark's name; the minimum is one.
    public static let maximumBookmarkNameBytes = 200
    /// The maximum number of identifiers in each of `Query.like` and `Query.unlike`, and of documents of each kind that
    /// relevance feedback uses.
    public static let maximumQueryExamples = 1_000
    /// The maximum number of parts of a filter. Each tag, set of identifiers, condition, `all`, `any`, and `not` is one
    /// part.
    public static let maximumFilterParts = 1_024
    /// The maximum number of identifiers and listed values of a filter, over all its sets and lists.
    public static let maximumFilterIdentifiers = 100_000
    /// The maximum nesting depth of the parts of a filter, and of parentheses in its text.
    public static let maximumFilterDepth = 64
    /// The maximum number of stores of a set of shards.
    public static let maximumShards = 1_024
    /// The maximum number of segments of one store.
    public static let maximumSegments = 65_535
    /// The maximum number of documents of one window segment: an ordinal in it is a 16-bit number.
    public static let maximumDocumentsPerWindow = 65_535
    /// The maximum number of distinct terms of the documents of a block index. Terms beyond the 32,768 most frequent
    /// ones share 16-bit numbers if there are more than 65,536.
    public static let maximumBlockTerms = 1_048_576

    /// The maximum number of UTF-8 bytes of an encoder's name; the minimum is one.
    public static let maximumEncoderNameBytes = 200
    /// The maximum number of UTF-8 bytes of an encoder's parameters.
    public static let maximumEncoderParameterBytes = 4_096

    /// The maximum number of bytes of one compression dictionary.
    package static let maximumDictionaryBytes = 1024 * 1024
    /// The maximum number of bytes of one segment chunk's data, before compression.
    package static let maximumChunkBytes = 16 * 1024 * 1024
    /// The maximum number of encodings that the multivectors of one store are in at a time.
    package static let maximumMultivectorEncodings = 256
    /// The maximum number of entries of one statistics delta.
    package static let maximumDeltaEntries = 1 << 24
}
