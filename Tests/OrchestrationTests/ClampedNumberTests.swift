import Testing

@testable import Orchestration

@Suite struct `A number of any size` {
    @Test(
        arguments: [
            (0.0, 0), (-0.0, 0), (2.9, 2), (-2.9, -2), (1e18, 1_000_000_000_000_000_000),
            (0x1p63, .max), (-0x1p63, .min), (0x1p62, 1 << 62), (1e300, .max), (-1e300, .min),
            (.infinity, .max), (-.infinity, .min), (.nan, 0),
        ] as [(Double, Int64)]
    )
    func `becomes the nearest whole one towards zero`(number: Double, whole: Int64) {
        #expect(Int64(clamping: number) == whole)
        #expect(Int32(clamping: number) == Int32(clamping: whole))
        #expect(
            UInt64(clamping: number)
                == (number >= 0x1p63 && number < 0x1p64
                    ? 1 << 63 : number >= 0x1p64 ? .max : UInt64(clamping: whole))
        )
    }
}
