// How long a text message is; the same as slinga.messages.sms.
//
// In: a text. Out: its parts, what stands in the last one, the signs that make it wide. Always true: no sign is cut.
const PLAIN = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const TWICE = new Set("\f^{}\\[~]|€");

export function smsLength(text: string): { parts: number; used: number; room: number; wide: string[] } {
  const signs = [...text];
  const wide = [...new Set(signs.filter((sign) => !PLAIN.has(sign) && !TWICE.has(sign)))];
  const sizes = signs.map((sign) => (wide.length ? sign.length : TWICE.has(sign) ? 2 : 1));
  const [one, many] = wide.length ? [70, 67] : [160, 153];
  const whole = sizes.reduce((sum, size) => sum + size, 0);
  if (whole <= one) return { parts: 1, used: whole, room: one, wide };
  let [parts, used] = [1, 0];
  for (const size of sizes) {
    if (used + size > many) [parts, used] = [parts + 1, 0];
    used += size;
  }
  return { parts, used, room: many, wide };
}
