import js from '@eslint/js'
import vue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'

export default tseslint.config(
  {
    ignores: ['out/**', 'dist/**', 'node_modules/**', '**/.generated/**', '**/assembly/**', 'coverage/**'],
  },
  js.configs.recommended,
  ...tseslint.configs.strict,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      'vue/multi-word-component-names': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/attributes-order': 'off',
      'vue/first-attribute-linebreak': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,ts,vue}'],
    rules: {
      'no-undef': 'off',
      'no-unused-vars': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.name=/^create(Cipheriv|Decipheriv)$/] > Literal[value=/chacha/i]',
          message: "Electron's BoringSSL has no chacha20-poly1305 cipher: use src-main/sv2's AEAD.",
        },
        {
          selector:
            'CallExpression[callee.property.name=/^create(Cipheriv|Decipheriv)$/] > Literal[value=/chacha/i]',
          message: "Electron's BoringSSL has no chacha20-poly1305 cipher: use src-main/sv2's AEAD.",
        },
        {
          selector:
            "CallExpression[callee.name='createECDH'], CallExpression[callee.property.name='createECDH']",
          message: "Electron's BoringSSL has no secp256k1: use @noble/curves.",
        },
      ],
    },
  },
)
