// All limits of the format. FORMAT.md, "Limits", lists them, and tests check both sides of each.

/// The limits of the format, which hold for every store.
///
/// A value inside these limits can be stored and read back unchanged; a value outside is refused with an error
/// that names the limit. Nothing is cut off silently.
public enum Limits {
    /// The most terms one vector may have.
    public static let maximumTermsPerVector = 65_535
    /// The weights a vector may hold. Zero, negative, infinite and NaN weights lie outside.
    public static let weights: ClosedRange<Float> = 1e-15...1e15
    /// The most UTF-8 bytes of an external document identifier; the fewest are one.
    public static let maximumIdentifierBytes = 500
    /// The most UTF-8 bytes of a term's name; the fewest are one.
    public static let maximumTermBytes = 400
    /// The most bytes of one document's payload, before compression.
    public static let maximumPayloadBytes = 64 * 1024 * 1024
    /// The most tags of one document.
    public static let maximumTagsPerDocument = 256
    /// The most UTF-8 bytes of one tag; the fewest are one.
    public static let maximumTagBytes = 200
    /// The most attributes of one document.
    public static let maximumAttributesPerDocument = 64
    /// The most UTF-8 bytes of an attribute's name; the fewest are one.
    public static let maximumAttributeNameBytes = 100
    /// The most UTF-8 bytes of a string that is an attribute's value, or an element of one.
    public static let maximumAttributeStringBytes = 200
    /// The most elements of a list that is an attribute's value.
    public static let maximumAttributeListCount = 1_024
    /// The most bytes of all attributes of one document as they are stored, names included.
    public static let maximumAttributeBytes = 65_535
    /// The most names of attributes that the documents of one store may have had.
    public static let maximumAttributeNames = 1_024
    /// The most token vectors of one document's multivector; the fewest are one.
    public static let maximumTokensPerMultivector = 4_096
    /// The maximum number of components of a token vector; the minimum is one.
    public static let maximumDimension = 1_024
    /// The range of the components of a token vector, which is that of half precision. NaN is outside.
    public static let components: ClosedRange<Float> = -65_504...65_504
    /// The maximum number of token vectors of a query.
    public static let maximumQueryTokens = 512
    /// The most terms of one query.
    public static let maximumQueryTerms = 65_535
    /// The most results of one query (its `limit`).
    public static let maximumResults = 1_000_000
    /// The most bytes of one bookmark.
    public static let maximumBookmarkBytes = 64 * 1024
    /// The most UTF-8 bytes of a bookmark's name; the fewest are one.
    public static let maximumBookmarkNameBytes = 200
    /// The most segments of one store.
    public static let maximumSegments = 65_535
    /// The most documents of one window segment: an ordinal in it is a 16-bit number.
    public static let maximumDocumentsPerWindow = 65_535

    /// The most bytes of one compression dictionary.
    package static let maximumDictionaryBytes = 1024 * 1024
    /// The most bytes of one segment chunk's data, before compression.
    package static let maximumChunkBytes = 16 * 1024 * 1024
    /// The most encodings that the multivectors of one store are in at a time.
    package static let maximumMultivectorEncodings = 256
    /// The most entries of one statistics delta.
    package static let maximumDeltaEntries = 1 << 24
}
