import DecoderPromises
import Foundation
import Testing

@Suite struct `What the fuzzer kept` {
    @Test func `the decoder keeps its promises on every input`() throws {
        let directory = try #require(Bundle.module.resourceURL)
            .appendingPathComponent("Fixtures/fuzz")
        let inputs = try FileManager.default.contentsOfDirectory(
            at: directory,
            includingPropertiesForKeys: nil
        )
        #expect(inputs.count > 10)
        for input in inputs {
            let bytes = [UInt8](try Data(contentsOf: input))
            #expect(DecoderPromises.broken(by: bytes) == nil, "\(input.lastPathComponent)")
            // The same bytes at every single cut.
            for cut in 0..<min(bytes.count, 250) {
                let moved = [255, UInt8(cut)] + bytes.dropFirst(2)
                #expect(DecoderPromises.broken(by: Array(moved)) == nil)
            }
        }
    }
}
