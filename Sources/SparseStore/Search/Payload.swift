#if canImport(FoundationEssentials)
    private import FoundationEssentials
#else
    private import Foundation
#endif

extension Document {
    /// Encodes a value as JSON and makes it the payload. Equal values give equal bytes, because keys are sorted.
    ///
    ///     var document = Document(id: article.url, terms: terms)
    ///     try document.setPayload(article)
    ///
    /// - Parameter value: The value to encode.
    /// - Throws: `EncodingError` if the value cannot be represented in JSON, such as a number that is not finite.
    public mutating func setPayload(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        payload = [UInt8](try encoder.encode(value))
    }

    /// The payload as UTF-8 text, or nil if the document has no payload or its bytes are not UTF-8.
    public var payloadText: String? { text(of: payload) }

    /// Decodes the payload from JSON. Returns nil if the document has no payload. A payload that is plain text and not
    /// JSON is in `payloadText`.
    ///
    /// - Parameter type: The type to decode.
    /// - Throws: `DecodingError` if the payload is not JSON of that type.
    public func payload<Value: Decodable>(as type: Value.Type) throws -> Value? { try decode(payload, as: type) }
}

extension Hit {
    /// The payload as UTF-8 text, or nil if the hit has no payload or its bytes are not UTF-8. Hits have payloads if
    /// the search asks for `fields: .payload`.
    public var payloadText: String? { text(of: payload) }

    /// Decodes the payload from JSON. Returns nil if the hit has no payload. A payload that is plain text and not JSON
    /// is in `payloadText`.
    ///
    ///     let page = try store.search(query, options: SearchOptions(fields: .payload))
    ///     let articles = try page.compactMap { try $0.payload(as: Article.self) }
    ///
    /// - Parameter type: The type to decode.
    /// - Throws: `DecodingError` if the payload is not JSON of that type.
    public func payload<Value: Decodable>(as type: Value.Type) throws -> Value? { try decode(payload, as: type) }
}

private func text(of payload: [UInt8]?) -> String? { payload.flatMap { String(validating: $0, as: UTF8.self) } }

private func decode<Value: Decodable>(_ payload: [UInt8]?, as type: Value.Type) throws -> Value? {
    try payload.map { try JSONDecoder().decode(type, from: Data($0)) }
}
